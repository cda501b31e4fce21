import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';

/** Host and port of HOST:PORT; an IPv6 host stands in brackets there, and without them here. */
export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

/** Nothing that a configuration file could take for more than an address. */
const ADDRESS = /^(?:\[(?<v6>[0-9A-Fa-f:.]+)\]|(?<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)):(?<port>\d{1,5})$/;
const MAX_PORT = 65_535;

/** @throws RangeError where it is no address that can be connected to */
export function parseAddress(address: string): HostAndPort {
  const { v6, name, port: digits } = ADDRESS.exec(address)?.groups ?? {};
  const host = v6 ?? name;
  const port = Number(digits);
  if (host === undefined || (v6 !== undefined && isIP(v6) !== 6) || port < 1 || port > MAX_PORT) {
    throw new RangeError(`${JSON.stringify(address)} is not HOST:PORT`);
  }
  return { host, port };
}

/**
 * IP:PORT for HOST:PORT. What stands in front gets IP addresses: nginx looks a name up when it starts only, and refuses
 * its whole configuration for one that it doesn't find; Envoy wants no names.
 *
 * @throws Error where the name can't be looked up, or it is no address
 */
export async function resolveAddress(address: string): Promise<string> {
  const { host, port } = parseAddress(address);
  const ip = isIP(host) === 0 ? (await lookup(host)).address : host;
  return isIP(ip) === 6 ? `[${ip}]:${port}` : `${ip}:${port}`;
}
