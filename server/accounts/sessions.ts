import type { Bus } from '../bus/bus.ts';
import type { Clock, Timer } from '../lib/clock.ts';
import { DomainError } from '../lib/errors.ts';
import type { Credentials, SessionRecord, UserRecord } from '../store/seam/records.ts';
import type { Store } from '../store/seam/store.ts';
import type { Events } from '../telemetry/events.ts';
import { credentialsInvalid } from './password-rules.ts';
import { createToken, hashToken, looksLikeToken } from './tokens.ts';

/** Who a call is made for. */
export interface Caller {
  readonly user: UserRecord;
  readonly session: SessionRecord;
}

export interface SessionsOptions {
  /** A session ends after so long without a use. */
  readonly idleTtlMs: number;
}

const TOUCH_EVERY_MS = 60_000;
const SWEEP_EVERY_MS = 3_600_000;

/** Tokens: given at login, checked at each call, ended by logout, revocation or disuse. */
export class Sessions implements AsyncDisposable {
  readonly #store: Store;
  readonly #bus: Bus;
  readonly #clock: Clock;
  readonly #events: Events;
  readonly #idleTtlMs: number;
  readonly #notedAt = new WeakMap<SessionRecord, number>();
  readonly #uses = new Map<number, { id: number; lastUsedAt: number; expiresAt: number }>();
  #touchTimer: Timer | undefined;
  #sweepTimer: Timer | undefined;

  constructor(parts: { store: Store; bus: Bus; clock: Clock; events: Events }, options: SessionsOptions) {
    this.#store = parts.store;
    this.#bus = parts.bus;
    this.#clock = parts.clock;
    this.#events = parts.events;
    this.#idleTtlMs = options.idleTtlMs;
    this.#sweepTimer = this.#clock.after(SWEEP_EVERY_MS, () => void this.#sweep());
  }

  /**
   * Opens a session for whoever has shown the password, and gives its token, the only time that it can be seen.
   *
   * @throws DomainError CREDENTIALS_INVALID where the password was changed meanwhile
   */
  async open(
    user: Pick<Credentials, 'id' | 'passwordHash'>,
    deviceName: string,
  ): Promise<{ token: string; session: SessionRecord }> {
    const token = createToken();
    const now = this.#clock.now();
    const session = await this.#store.sessions.insert({
      tokenHash: hashToken(token),
      userId: user.id,
      passwordHash: user.passwordHash,
      deviceName,
      createdAt: now,
      expiresAt: now + this.#idleTtlMs,
    });
    if (session === undefined) throw credentialsInvalid();
    return { token, session };
  }

  /** @throws DomainError TOKEN_INVALID */
  async authenticate(token: string): Promise<Caller> {
    const found = looksLikeToken(token) ? await this.#store.sessions.find(hashToken(token)) : undefined;
    if (found === undefined || found.session.expiresAt <= this.#clock.now()) throw tokenInvalid();
    this.noteUse(found.session);
    return found;
  }

  /** Puts the session's end off; written in batches, to the minute. */
  noteUse(session: SessionRecord): void {
    const now = this.#clock.now();
    if (now - (this.#notedAt.get(session) ?? session.lastUsedAt) < TOUCH_EVERY_MS) return;
    this.#notedAt.set(session, now);
    this.#uses.set(session.id, { id: session.id, lastUsedAt: now, expiresAt: now + this.#idleTtlMs });
    this.#touchTimer ??= this.#clock.after(1_000, () => void this.#touch());
  }

  /** A user's sessions that are good, the newest first: those with ids below `beforeId`. */
  list(userId: number, page: { readonly beforeId: number; readonly limit: number }): Promise<SessionRecord[]> {
    return this.#store.sessions.list(userId, this.#clock.now(), page);
  }

  /**
   * Ends a session and its open streams on every replica. One that is gone already, or is another user's, is no error
   * and stays as it is; whether there was one.
   */
  async revoke({ id, userId }: Pick<SessionRecord, 'id' | 'userId'>): Promise<boolean> {
    const ended = await this.#store.sessions.delete(userId, id);
    // In any case: the answer of an earlier try may have been lost.
    this.announceEnd(userId, [id]);
    return ended;
  }

  /** Tells every replica to end the streams of sessions that are deleted. */
  announceEnd(userId: number, sessionIds: Iterable<number>): void {
    for (const sessionId of sessionIds) {
      this.#bus.publish(`user:${userId}`, { type: 'session-revoked', userId, sessionId });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#sweepTimer?.cancel();
    this.#touchTimer?.cancel();
    await this.#touch();
  }

  async #touch(): Promise<void> {
    this.#touchTimer = undefined;
    const uses = [...this.#uses.values()];
    this.#uses.clear();
    if (uses.length === 0) return;
    try {
      await this.#store.sessions.touch(uses);
    } catch (cause) {
      this.#events.workFailed('noting the use of sessions', cause);
    }
  }

  async #sweep(): Promise<void> {
    this.#sweepTimer = this.#clock.after(SWEEP_EVERY_MS, () => void this.#sweep());
    try {
      await this.#store.sessions.deleteExpired(this.#clock.now());
    } catch (cause) {
      this.#events.workFailed('deleting expired sessions', cause);
    }
  }
}

/** Unknown, revoked and expired are one answer. */
export function tokenInvalid(): DomainError {
  return new DomainError('TOKEN_INVALID', 'the token is unknown, revoked or expired; log in again');
}
