/** A Redis that listens on TCP. */
export interface RedisHost {
  readonly host: string;
  readonly port: number;
}

/** Where Redis is and how it lets one in. */
export interface RedisTarget {
  /** The path of a unix socket; undefined where there are hosts. */
  readonly socket: string | undefined;
  /** Several only of a Redis Cluster: any of its nodes, of which it tells the others. */
  readonly hosts: readonly RedisHost[];
  readonly tls: boolean;
  /** Both undefined where Redis asks for neither; a password alone is the default user's. */
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly db: number;
}

const DEFAULT_PORT = 6_379;

const CREDENTIALS = String.raw`(?:(?<username>[^:@/]*):(?<password>.*)@)?`;
const TCP = new RegExp(String.raw`^(?<scheme>rediss?)://${CREDENTIALS}(?<hosts>[^@/?#]+)(?:/(?<db>\d{0,4}))?$`);
const SOCKET = new RegExp(String.raw`^unix://${CREDENTIALS}(?<socket>/[^@?#]+)(?:\?db=(?<db>\d{1,4}))?$`);
const HOST = /^(?:\[(?<ipv6>[0-9A-Fa-f:.]+)\]|(?<name>[^\s:[\]]+))(?::(?<port>\d{1,5}))?$/;

/**
 * Reads `redis://[USER:PASSWORD@]HOST[:PORT][,HOST…][/DB]`, `rediss://…` (TLS) or `unix://[USER:PASSWORD@]/PATH[?db=DB]`.
 * User and password are percent-encoded where they hold other characters than letters, digits and -._~.
 *
 * @returns undefined for anything else
 */
export function parseRedisUrl(url: string): RedisTarget | undefined {
  const parts = (TCP.exec(url) ?? SOCKET.exec(url))?.groups;
  if (parts === undefined) return undefined;
  const hosts = parts['hosts']?.split(',').map(parseHost) ?? [];
  const username = decode(parts['username']);
  const password = decode(parts['password']);
  if (hosts.includes(undefined) || username === null || password === null) return undefined;
  return {
    socket: parts['socket'],
    hosts: hosts as RedisHost[],
    tls: parts['scheme'] === 'rediss',
    username: username || undefined,
    password: password || undefined,
    db: Number(parts['db'] ?? 0),
  };
}

function parseHost(text: string): RedisHost | undefined {
  const parts = HOST.exec(text)?.groups;
  const host = parts?.['ipv6'] ?? parts?.['name'];
  const port = Number(parts?.['port'] ?? DEFAULT_PORT);
  return host === undefined || port < 1 || port > 65_535 ? undefined : { host, port };
}

/** Null where the percent signs make no sense. */
function decode(text: string | undefined): string | undefined | null {
  try {
    return text && decodeURIComponent(text);
  } catch {
    return null;
  }
}
