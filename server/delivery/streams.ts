import type { Clock, Timer } from '../lib/clock.ts';
import type { ChatSession } from './chat-session.ts';
import { draining } from './draining.ts';

const TICK_MS = 1_000;

/** The streams that are open on this replica: who of them is alive, and how they are sent away. */
export class Streams {
  readonly #clock: Clock;
  readonly #sessions = new Set<ChatSession>();
  #ticker: Timer | undefined;
  #draining = false;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#tickLater();
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** @throws DomainError DRAINING */
  add(session: ChatSession): void {
    if (this.#draining) throw draining();
    this.#sessions.add(session);
  }

  remove(session: ChatSession): void {
    this.#sessions.delete(session);
  }

  /** Ends the streams of a revoked session. */
  revoke(sessionId: number): void {
    for (const session of this.#sessions) if (session.caller.session.id === sessionId) session.revoked();
  }

  /** Sends everybody away, spread over `spreadMs`, and takes nobody in any more. */
  drain(spreadMs: number): void {
    this.#draining = true;
    for (const session of this.#sessions) this.#clock.after(Math.random() * spreadMs, () => void session.goAway());
  }

  close(): void {
    this.#ticker?.cancel();
    for (const session of this.#sessions) session.end(null);
  }

  #tickLater(): void {
    this.#ticker = this.#clock.after(TICK_MS, () => {
      for (const session of this.#sessions) session.tick();
      this.#tickLater();
    });
  }
}
