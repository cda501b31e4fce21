import { parseAddress } from './address.ts';
import type { Upstream } from './standings.ts';

/** The cluster of envoy.yaml that asks for these endpoints. */
const CLUSTER = 'parley';

/**
 * Envoy's answer of endpoint discovery, as the JSON of envoy.service.discovery.v3.DiscoveryResponse. Without a replica it
 * has no endpoints, and Envoy tells gRPC clients UNAVAILABLE.
 */
export function renderEnvoyEndpoints(upstreams: readonly Upstream[]): string {
  const assignment = {
    '@type': 'type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment',
    cluster_name: CLUSTER,
    endpoints: [{ lb_endpoints: upstreams.map(endpoint) }],
  };
  return `${JSON.stringify({ resources: [assignment] }, null, 2)}\n`;
}

function endpoint({ address, weight }: Upstream): unknown {
  const { host, port } = parseAddress(address);
  return {
    endpoint: { address: { socket_address: { address: host, port_value: port } } },
    load_balancing_weight: weight,
  };
}
