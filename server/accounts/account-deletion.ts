import type { Bus } from '../bus/bus.ts';
import { publishFriendship } from '../friends/publish-friendship.ts';
import type { Clock, Timer } from '../lib/clock.ts';
import type { UserRecord } from '../store/seam/records.ts';
import type { Store } from '../store/seam/store.ts';
import type { Events } from '../telemetry/events.ts';
import type { PasswordHasher } from './password-hasher.ts';
import { credentialsInvalid } from './password-rules.ts';
import type { Caller, Sessions } from './sessions.ts';
import { verifiedPassword } from './verified-password.ts';

export interface AccountDeletionParts {
  readonly store: Store;
  readonly bus: Bus;
  readonly sessions: Sessions;
  readonly hasher: PasswordHasher;
  readonly clock: Clock;
  readonly events: Events;
  /** Takes the user out of all groups; finds nothing to do where it is done. */
  readonly leaveGroups: (user: UserRecord) => Promise<void>;
}

const FINISH_EVERY_MS = 3_600_000;
const RETRY_AFTER_MS = 60_000;
const ACCOUNTS_AT_ONCE = 1_000;
const CONVERSATIONS_PER_TRANSACTION = 50;

/**
 * Deletes accounts for good. One transaction makes the account unusable and its name free; the rest (conversations,
 * groups) comes after it in steps that can be repeated, and what a crash cut off is finished at the next start, or
 * within the hour.
 */
export class AccountDeletion implements Disposable {
  readonly #parts: AccountDeletionParts;
  #timer: Timer | undefined;
  #closed = false;

  constructor(parts: AccountDeletionParts) {
    this.#parts = parts;
    this.#finishAllIn(0);
  }

  /**
   * Resolves when the account is gone; what of the rest can't be finished at once is finished later.
   *
   * @throws DomainError CREDENTIALS_INVALID, OVERLOADED
   */
  async delete({ user }: Caller, password: string): Promise<void> {
    await this.#begin(user.id, await verifiedPassword(this.#parts, user.id, password));
    this.#parts.events.accountDeleted(user.id);
    await this.#finishOrRetry(user.id);
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  async #begin(userId: number, verifiedHash: string): Promise<void> {
    const { store, bus, sessions } = this.#parts;
    // Of every try: one whose commit was not answered may have removed them.
    const ended = new Set<number>();
    const friends = new Set<number>();
    const begun = await store.transact(
      async (tx) => {
        const account = await tx.accounts.lock(userId);
        if (account === undefined || account.deleted) return true;
        if (account.passwordHash !== verifiedHash) return false;
        for (const id of await tx.accounts.deleteSessions(userId, null)) ended.add(id);
        for (const id of await tx.friends.removeAll(userId)) friends.add(id);
        await tx.accounts.beginDeletion(userId);
        return true;
      },
      { repeatable: true },
    );
    if (!begun) throw credentialsInvalid();
    sessions.announceEnd(userId, ended);
    for (const friendId of friends) publishFriendship(bus, userId, friendId);
  }

  async #finish(userId: number): Promise<void> {
    const { store, leaveGroups } = this.#parts;
    const user = await store.accounts.byId(userId);
    if (user === undefined) return;
    await this.#closeConversations(userId);
    await leaveGroups(user);
    await store.transact(
      async (tx) => {
        await tx.accounts.lock(userId);
        await tx.accounts.endDeletion(userId);
      },
      { repeatable: true },
    );
  }

  /**
   * Whoever judges who may write learns that nobody may. A friendship that was being made while the account went is
   * removed, too: from here on, no other can be.
   */
  async #closeConversations(userId: number): Promise<void> {
    const { store, clock } = this.#parts;
    const standings = await store.log.standings(userId);
    const direct = standings.flatMap(({ facts }) => (facts.kind === 'direct' ? [facts] : []));
    for (let start = 0; start < direct.length; start += CONVERSATIONS_PER_TRANSACTION) {
      const chunk = direct.slice(start, start + CONVERSATIONS_PER_TRANSACTION);
      await store.transact(
        async (tx) => {
          const heads = await tx.log.lock(
            chunk.map(({ id }) => id),
            'wait',
          );
          for (const row of await tx.friends.between(chunk.map(({ users }) => users))) {
            await tx.friends.set(row.userId, row.friendId, null, clock.now());
          }
          for (const { id } of heads) await tx.log.raiseMembersVersion(id);
        },
        { repeatable: true },
      );
    }
  }

  #finishAllIn(delayMs: number): void {
    this.#timer?.cancel();
    if (!this.#closed) this.#timer = this.#parts.clock.after(delayMs, () => void this.#finishAll());
  }

  async #finishAll(): Promise<void> {
    this.#finishAllIn(FINISH_EVERY_MS);
    try {
      const pending = await this.#parts.store.accounts.deletionsUnderWay(ACCOUNTS_AT_ONCE);
      for (const { id } of pending) await this.#finishOrRetry(id);
    } catch (cause) {
      this.#failed(cause);
    }
  }

  async #finishOrRetry(userId: number): Promise<void> {
    try {
      await this.#finish(userId);
    } catch (cause) {
      this.#failed(cause);
    }
  }

  #failed(cause: unknown): void {
    this.#parts.events.workFailed('finishing the deletion of an account', cause);
    this.#finishAllIn(RETRY_AFTER_MS);
  }
}
