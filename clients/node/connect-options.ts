import type { Credentials } from './auth-api.ts';
import type { Endpoint } from './channel.ts';
import type { Cursors } from './types.ts';

export const CONNECT_TIMEOUT_MS = 10_000;

/** How a client connects. */
export interface ConnectOptions extends Endpoint {
  /** The token of a login. Either this or `credentials`. */
  readonly token?: string;
  /** Logs in first; the password is not kept. */
  readonly credentials?: Credentials;
  /** The device, for the server's logs: at most 64 characters. */
  readonly deviceName?: string;
  /** What this device has, from `cursors()` of an earlier life. Default: the server's cursors decide. */
  readonly cursors?: Cursors;
  /** False: nothing is acknowledged unless `ack` says so. Default: an entry is, once the consumer asks for the next. */
  readonly autoAck?: boolean;
  /** `connect` gives up after so long. Default: 10,000. */
  readonly connectTimeoutMs?: number;
  /** Makes `connect` give up. */
  readonly signal?: AbortSignal;
  /** What may wait for the consumer, estimated, in bytes; at half of it the stream is held back. Default: 8 MiB. */
  readonly inboxBytes?: number;
  /** How many sends may wait for their receipts. Default: 10,000. */
  readonly outboxMessages?: number;
}
