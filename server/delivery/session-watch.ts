import type { Bus } from '../bus/bus.ts';
import type { Clock } from '../lib/clock.ts';
import { jittered } from '../lib/jitter.ts';
import type { SessionStore } from '../store/seam/accounts.ts';
import type { Events } from '../telemetry/events.ts';
import type { ChatSession } from './chat-session.ts';
import { Passes } from './passes.ts';
import type { Streams } from './streams.ts';

export type WatchedStream = Pick<ChatSession, 'caller' | 'user' | 'revoked' | 'nameUser'>;

export interface SessionWatchParts {
  readonly sessions: Pick<SessionStore, 'current'>;
  readonly streams: Pick<Streams, 'open'>;
  readonly bus: Pick<Bus, 'state'>;
  readonly clock: Clock;
  readonly events: Events;
}

/** While the bus is up: from looking at a stream to looking at it again. */
const ROUND_MS = 60_000;
const EVERY_WHILE_DEGRADED_MS = 1_000;
const STREAMS_PER_READ = 200;

/**
 * Ends the streams of sessions that are gone, and renames those whose user has another name, where the bus didn't tell:
 * all of them every second while it is away, and once as soon as it is back; else a few at a time, all once a minute.
 */
export class SessionWatch implements AsyncDisposable {
  readonly #parts: SessionWatchParts;
  readonly #passes: Passes;
  #all = false;
  /** Those of this round that were not looked at yet. */
  #due: WatchedStream[] = [];
  #readsOfRound = 1;

  constructor(parts: SessionWatchParts) {
    this.#parts = parts;
    this.#passes = new Passes(parts, {
      name: 'looking at the sessions of open streams',
      run: () => this.#look(),
      waitMs: () => (this.#urgent ? EVERY_WHILE_DEGRADED_MS : jittered(ROUND_MS / this.#readsOfRound)),
    });
  }

  /** The bus was lost, or has come back. */
  busChanged(): void {
    this.#all = true;
    this.#passes.soon();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#passes[Symbol.asyncDispose]();
  }

  get #urgent(): boolean {
    return this.#all || this.#parts.bus.state !== 'up';
  }

  async #look(): Promise<void> {
    const all = this.#urgent;
    // The bus may change again meanwhile.
    this.#all = false;
    if (all || this.#due.length === 0) this.#beginRound();
    try {
      do await this.#check(this.#due.splice(0, STREAMS_PER_READ));
      while (all && this.#due.length > 0);
    } catch (error) {
      this.#all ||= all;
      throw error;
    }
  }

  #beginRound(): void {
    this.#due = this.#parts.streams.open();
    this.#readsOfRound = Math.max(1, Math.ceil(this.#due.length / STREAMS_PER_READ));
  }

  async #check(streams: readonly WatchedStream[]): Promise<void> {
    if (streams.length === 0) return;
    const looked = streams.map((stream) => ({ stream, id: stream.caller.session.id, user: stream.user }));
    const current = await this.#parts.sessions.current([...new Set(looked.map(({ id }) => id))]);
    const users = new Map(current.map(({ id, user }) => [id, user]));
    for (const { stream, id, user } of looked) {
      const now = users.get(id);
      if (now === undefined) stream.revoked();
      // What it was told meanwhile is newer.
      else if (stream.user === user && now.name !== user.name) stream.nameUser(now);
    }
  }
}
