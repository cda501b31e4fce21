import { expect, test } from '@jest/globals';

import { renderEnvoyEndpoints } from './envoy-endpoints.ts';

test('an endpoint for each replica', () => {
  const text = renderEnvoyEndpoints([
    { replica: 'a', address: '10.0.0.1:50051', weight: 3 },
    { replica: 'b', address: '[fd00::2]:50052', weight: 1 },
  ]);
  const { resources } = JSON.parse(text) as { resources: { endpoints: { lb_endpoints: unknown[] }[] }[] };
  expect(resources[0]?.endpoints[0]?.lb_endpoints).toEqual([
    {
      endpoint: { address: { socket_address: { address: '10.0.0.1', port_value: 50051 } } },
      load_balancing_weight: 3,
    },
    { endpoint: { address: { socket_address: { address: 'fd00::2', port_value: 50052 } } }, load_balancing_weight: 1 },
  ]);
});
