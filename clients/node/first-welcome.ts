import type { EventEmitter } from 'node:events';
import type { ConnectionState } from './chat-session.ts';
import type { ClientEvents } from './client-events.ts';
import { systemClock } from './clock.ts';
import { CONNECT_TIMEOUT_MS } from './connect-options.ts';
import type { ConnectOptions } from './connect-options.ts';
import { aborted, clientClosed, ParleyError } from './errors.ts';

/** Resolves once `events` tell that the client is connected; rejects when that can't be, or not in time. */
export function firstWelcome(
  events: EventEmitter<ClientEvents>,
  { address, connectTimeoutMs = CONNECT_TIMEOUT_MS, signal }: ConnectOptions,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let lastError: ParleyError | undefined;
    const settle = (error?: ParleyError): void => {
      timer.cancel();
      signal?.removeEventListener('abort', abort);
      events.off('state', watch);
      if (error) reject(error);
      else resolve();
    };
    const abort = (): void => settle(aborted(signal!));
    const watch = (state: ConnectionState): void => {
      if (state.state === 'connected') settle();
      else if (state.state === 'closed') settle(state.error ?? clientClosed());
      else if (state.state === 'waiting') lastError = state.error;
    };
    const timer = systemClock.after(connectTimeoutMs, () =>
      settle(lastError ?? new ParleyError('DEADLINE_EXCEEDED', `no answer from ${address} in time`)),
    );
    events.on('state', watch);
    signal?.addEventListener('abort', abort, { once: true });
    if (signal?.aborted) abort();
  });
}
