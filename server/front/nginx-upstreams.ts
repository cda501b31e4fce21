import type { Upstream } from './standings.ts';

/**
 * nginx's own watch over a replica: two calls that could not be connected within 2 s leave it out for 2 s. It covers the
 * time until the health checks have taken it out.
 */
const PASSIVE_CHECK = 'max_fails=2 fail_timeout=2s';

/** nginx refuses an upstream without a server; one that is down makes it answer 502, which clients get as UNAVAILABLE. */
const NOBODY = 'server 127.0.0.1:9 down;';

/** The lines of nginx's `upstream`, one a replica. Valid without any. */
export function renderNginxUpstreams(upstreams: readonly Upstream[]): string {
  const lines = upstreams.map(({ address, weight }) => `server ${address} weight=${weight} ${PASSIVE_CHECK};`);
  return `# Written by parley-lb; changes are lost.\n${(lines.length > 0 ? lines : [NOBODY]).join('\n')}\n`;
}
