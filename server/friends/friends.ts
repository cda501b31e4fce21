import type { Clock } from '../lib/clock.ts';
import { DomainError, userNotFound } from '../lib/errors.ts';
import type { FriendRow, FriendStatus, UserRecord } from '../store/seam/records.ts';
import type { PageById } from '../store/seam/page.ts';
import type { Store } from '../store/seam/store.ts';
import type { Transaction } from '../store/seam/transaction.ts';

export interface FriendsParts {
  readonly store: Store;
  readonly clock: Clock;
}

/** How the two rows of a pair stand, before a change. */
interface PairStanding {
  readonly mine: FriendStatus | null;
  readonly theirs: FriendStatus | null;
}

type Change = (tx: Transaction, standing: PairStanding, conversationId: number) => Promise<FriendStatus | null>;

/**
 * Who is friends with whom. Every change locks the pair's direct conversation: two users who ask each other at the
 * same moment become friends, and the journal never judges by a friendship that is being changed.
 */
export class Friends {
  readonly #parts: FriendsParts;

  constructor(parts: FriendsParts) {
    this.#parts = parts;
  }

  /** Asks, or accepts where the other has asked already. @throws DomainError USER_NOT_FOUND, SELF_NOT_ALLOWED */
  async add(userId: number, otherId: number): Promise<FriendStatus> {
    const status = await this.#change(userId, otherId, async (tx, { mine, theirs }, conversationId) => {
      // Also where the other has blocked: what is asked again stays as it was, or it would tell.
      if (mine === 'accepted' || (mine === 'requested' && theirs !== 'requested')) return mine;
      if (mine === 'blocked') throw new DomainError('RECIPIENT_UNAVAILABLE', 'this user can not be added');
      if (theirs === 'requested') return this.#accept(tx, userId, otherId, conversationId);
      await tx.friends.set(userId, otherId, 'requested', this.#parts.clock.now());
      return 'requested';
    });
    return status ?? 'requested';
  }

  /** @throws DomainError FRIEND_REQUEST_NOT_FOUND */
  async accept(userId: number, otherId: number): Promise<void> {
    const accept: Change = async (tx, { mine, theirs }, conversationId) => {
      if (mine === 'accepted') return mine;
      if (theirs !== 'requested' || mine === 'blocked') throw requestNotFound();
      return this.#accept(tx, userId, otherId, conversationId);
    };
    if ((await this.#answer(userId, otherId, accept)) === null) throw requestNotFound();
  }

  async decline(userId: number, otherId: number): Promise<void> {
    await this.#answer(userId, otherId, async (tx, { theirs }) => {
      if (theirs === 'requested') await tx.friends.set(otherId, userId, null, this.#parts.clock.now());
      return null;
    });
  }

  /** Ends a friendship on both sides, or takes an own request back. */
  async remove(userId: number, otherId: number): Promise<void> {
    await this.#answer(userId, otherId, async (tx, { mine, theirs }, conversationId) => {
      const now = this.#parts.clock.now();
      if (mine === 'requested' || mine === 'accepted') await tx.friends.set(userId, otherId, null, now);
      if (theirs === 'accepted') await tx.friends.set(otherId, userId, null, now);
      if (mine === 'accepted' || theirs === 'accepted') await tx.log.raiseMembersVersion(conversationId);
      return null;
    });
  }

  list(userId: number, page: PageById): Promise<{ user: UserRecord; since: number }[]> {
    return this.#parts.store.friends.list(userId, page);
  }

  requests(userId: number, page: PageById): Promise<{ user: UserRecord; outgoing: boolean; createdAt: number }[]> {
    return this.#parts.store.friends.requests(userId, page);
  }

  async #accept(tx: Transaction, userId: number, otherId: number, conversationId: number): Promise<FriendStatus> {
    const now = this.#parts.clock.now();
    await tx.friends.set(userId, otherId, 'accepted', now);
    await tx.friends.set(otherId, userId, 'accepted', now);
    await tx.log.raiseMembersVersion(conversationId);
    return 'accepted';
  }

  /** The first move: makes the conversation whose row the two are locked by. */
  async #change(userId: number, otherId: number, change: Change): Promise<FriendStatus | null> {
    if (userId === otherId) throw new DomainError('SELF_NOT_ALLOWED', 'that is yourself');
    const { store } = this.#parts;
    if ((await store.accounts.byId(otherId)) === undefined) throw userNotFound();
    const { id } = await store.log.ensureDirect(userId, otherId);
    return this.#locked(id, userId, otherId, change);
  }

  /** What answers an earlier move: where the two have no conversation, there was none. */
  async #answer(userId: number, otherId: number, change: Change): Promise<FriendStatus | null> {
    const facts = userId === otherId ? undefined : await this.#parts.store.log.direct(userId, otherId);
    return facts === undefined ? null : this.#locked(facts.id, userId, otherId, change);
  }

  #locked(id: number, userId: number, otherId: number, change: Change): Promise<FriendStatus | null> {
    return this.#parts.store.transact(
      async (tx) => {
        await tx.log.lock([id], 'wait');
        const rows = await tx.friends.between([[userId, otherId]]);
        return change(tx, { mine: statusOf(rows, userId), theirs: statusOf(rows, otherId) }, id);
      },
      { repeatable: true },
    );
  }
}

function statusOf(rows: readonly FriendRow[], userId: number): FriendStatus | null {
  return rows.find((row) => row.userId === userId)?.status ?? null;
}

function requestNotFound(): DomainError {
  return new DomainError('FRIEND_REQUEST_NOT_FOUND', 'there is no friend request of that user');
}
