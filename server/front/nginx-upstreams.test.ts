import { expect, test } from '@jest/globals';

import { renderNginxUpstreams } from './nginx-upstreams.ts';

test('a line for each replica', () => {
  const text = renderNginxUpstreams([
    { replica: 'a', address: '10.0.0.1:50051', weight: 3 },
    { replica: 'b; }', address: '[fd00::2]:50052', weight: 1 },
  ]);
  expect(text.split('\n').slice(1)).toEqual([
    'server 10.0.0.1:50051 weight=3 max_fails=2 fail_timeout=2s;',
    'server [fd00::2]:50052 weight=1 max_fails=2 fail_timeout=2s;',
    '',
  ]);
});

test('without a replica a server that is down, since nginx needs one', () => {
  expect(renderNginxUpstreams([])).toMatch(/^server 127\.0\.0\.1:9 down;\n$/m);
});
