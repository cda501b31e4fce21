import type { Clock, Timer } from '../lib/clock.ts';
import { DomainError } from '../lib/errors.ts';
import type { UserRecord } from '../store/seam/records.ts';
import type { ChatSession } from './chat-session.ts';
import { type Departure, draining } from './draining.ts';

const TICK_MS = 1_000;
const MAX_STREAMS_PER_USER = 32;

/** The streams that are open on this replica: who of them is alive, and how they are sent away. */
export class Streams {
  readonly #clock: Clock;
  readonly #sessions = new Set<ChatSession>();
  readonly #perUser = new Map<number, number>();
  #ticker: Timer | undefined;
  #draining = false;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#tickLater();
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** @throws DomainError DRAINING, OVERLOADED beyond the streams that one user may have */
  add(session: ChatSession): void {
    if (this.#draining) throw draining();
    const { id } = session.caller.user;
    const open = this.#perUser.get(id) ?? 0;
    if (open >= MAX_STREAMS_PER_USER) {
      const text = `at most ${MAX_STREAMS_PER_USER} streams of one user`;
      throw new DomainError('OVERLOADED', text, { retryAfterMs: 5_000 });
    }
    this.#perUser.set(id, open + 1);
    this.#sessions.add(session);
  }

  remove(session: ChatSession): void {
    if (!this.#sessions.delete(session)) return;
    const { id } = session.caller.user;
    const open = (this.#perUser.get(id) ?? 1) - 1;
    if (open === 0) this.#perUser.delete(id);
    else this.#perUser.set(id, open);
  }

  /** Those that are open now. */
  open(): ChatSession[] {
    return [...this.#sessions];
  }

  /** Those who have one. */
  userIds(): Iterable<number> {
    return this.#perUser.keys();
  }

  /** Ends the streams of a revoked session of this user. */
  revoke(userId: number, sessionId: number): void {
    for (const session of this.#of(userId)) if (session.caller.session.id === sessionId) session.revoked();
  }

  /** What the user is called in what their streams send from here on. */
  nameUser(user: UserRecord): void {
    for (const session of this.#of(user.id)) session.nameUser(user);
  }

  /** Sends everybody away, spread over `spreadMs`, and takes nobody in any more. */
  drain(spreadMs: number): void {
    this.#draining = true;
    for (const session of this.#sessions) {
      this.#clock.after(Math.random() * spreadMs, () => void session.goAway('draining'));
    }
  }

  /** Sends everybody away; they may come back here. */
  sendAway(why: Departure): void {
    for (const session of this.#sessions) void session.goAway(why);
  }

  close(): void {
    this.#ticker?.cancel();
    for (const session of this.#sessions) session.end(null);
  }

  #of(userId: number): ChatSession[] {
    return [...this.#sessions].filter(({ caller }) => caller.user.id === userId);
  }

  #tickLater(): void {
    this.#ticker = this.#clock.after(TICK_MS, () => {
      for (const session of this.#sessions) session.tick();
      this.#tickLater();
    });
  }
}
