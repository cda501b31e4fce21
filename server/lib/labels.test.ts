import { expect, test } from '@jest/globals';

import { checkLabel } from './labels.ts';

test.each([
  ['tea', { min: 1, max: 3 }, true],
  ['', { min: 0, max: 3 }, true],
  ['', { min: 1, max: 3 }, false],
  ['🦊🦊🦊', { min: 1, max: 3 }, true],
  ['team', { min: 1, max: 3 }, false],
  ['a\u001b]52;c;x\u0007', { min: 1, max: 64 }, false],
  ['a\u202eb', { min: 1, max: 64 }, false],
  ['\u200b', { min: 1, max: 64 }, false],
  ['\u3164\u2800', { min: 1, max: 64 }, false],
  ['\u115c', { min: 1, max: 64 }, true],
  ['a\nb', { min: 1, max: 64 }, false],
  ['a\nb', { min: 1, max: 64, lines: true }, true],
  ['a\rb', { min: 1, max: 64, lines: true }, false],
  ['a\u2066b', { min: 1, max: 64, lines: true }, false],
])('%j within %j: %s', (text, limits, allowed) => {
  const check = () => checkLabel(text, 'name', limits);
  if (allowed) expect(check()).toBe(text);
  else expect(check).toThrow(expect.objectContaining({ reason: 'INVALID_FIELD' }));
});
