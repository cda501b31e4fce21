import type { Bus } from '../bus/bus.ts';
import type { Clock } from '../lib/clock.ts';
import { DomainError, userNotFound } from '../lib/errors.ts';
import type { FriendRow, FriendStatus, UserRecord } from '../store/seam/records.ts';
import type { PageById } from '../store/seam/page.ts';
import type { Store } from '../store/seam/store.ts';
import {
  accept,
  add,
  block,
  changesFriendship,
  changesWriters,
  decline,
  type FriendMove,
  remove,
  requestNotFound,
  unblock,
} from './friend-moves.ts';
import { publishFriendship } from './publish-friendship.ts';
import type { RequestExpiry } from './request-expiry.ts';

export interface FriendsParts {
  readonly store: Store;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly expiry: RequestExpiry;
}

/** A request that waits for an answer, as one of the two sees it. */
export interface OpenRequest {
  readonly user: UserRecord;
  readonly outgoing: boolean;
  readonly createdAt: number;
  readonly expiresAt: number;
}

interface Moved {
  readonly status: FriendStatus | null;
  readonly friendshipChanged: boolean;
}

/**
 * Who is friends with whom, and who has blocked whom. Every move locks the pair's direct conversation: two users who
 * ask each other at the same moment become friends, and the journal never judges by a row that is being changed.
 */
export class Friends {
  readonly #parts: FriendsParts;

  constructor(parts: FriendsParts) {
    this.#parts = parts;
  }

  /** @throws DomainError USER_NOT_FOUND, SELF_NOT_ALLOWED, RECIPIENT_UNAVAILABLE */
  async add(userId: number, otherId: number): Promise<FriendStatus> {
    return this.#begin(userId, otherId, add);
  }

  /** @throws DomainError FRIEND_REQUEST_NOT_FOUND */
  async accept(userId: number, otherId: number): Promise<void> {
    if ((await this.#answer(userId, otherId, accept)) === null) throw requestNotFound();
  }

  async decline(userId: number, otherId: number): Promise<void> {
    await this.#answer(userId, otherId, decline);
  }

  async remove(userId: number, otherId: number): Promise<void> {
    await this.#answer(userId, otherId, remove);
  }

  /** @throws DomainError USER_NOT_FOUND, SELF_NOT_ALLOWED */
  async block(userId: number, otherId: number): Promise<void> {
    await this.#begin(userId, otherId, block);
  }

  async unblock(userId: number, otherId: number): Promise<void> {
    await this.#answer(userId, otherId, unblock);
  }

  list(userId: number, page: PageById): Promise<{ user: UserRecord; since: number }[]> {
    return this.#parts.store.friends.list(userId, page);
  }

  async requests(userId: number, page: PageById): Promise<OpenRequest[]> {
    const { store, expiry } = this.#parts;
    const requests = await store.friends.requests(userId, expiry.lapsedUntil(), page);
    return requests.map((request) => ({ ...request, expiresAt: expiry.expiresAt(request.createdAt) }));
  }

  blocked(userId: number, page: PageById): Promise<{ user: UserRecord; since: number }[]> {
    return this.#parts.store.friends.blocked(userId, page);
  }

  /** A first move: makes the conversation by whose row the two are locked. */
  async #begin(userId: number, otherId: number, move: FriendMove): Promise<FriendStatus> {
    if (userId === otherId) throw new DomainError('SELF_NOT_ALLOWED', 'that is yourself');
    const { store } = this.#parts;
    const other = await store.accounts.byId(otherId);
    if (other === undefined || other.deleted) throw userNotFound();
    const { id } = await store.log.ensureDirect(userId, otherId);
    const status = await this.#make(move, id, userId, otherId);
    if (status === null) throw userNotFound();
    return status;
  }

  /** What answers an earlier move: where the two have no conversation, there was none. */
  async #answer(userId: number, otherId: number, move: FriendMove): Promise<FriendStatus | null> {
    const facts = userId === otherId ? undefined : await this.#parts.store.log.direct(userId, otherId);
    return facts === undefined ? null : this.#make(move, facts.id, userId, otherId);
  }

  /** Gives how the user stands after it; null where one of the two is deleted. */
  async #make(move: FriendMove, conversationId: number, userId: number, otherId: number): Promise<FriendStatus | null> {
    const { store, bus, clock, expiry } = this.#parts;
    const moved = await store.transact(
      async (tx): Promise<Moved | null> => {
        await tx.log.lock([conversationId], 'wait');
        // Under the lock, which the deletion of an account takes as well: no row is left behind its back.
        if ((await tx.accounts.deletedAmong([userId, otherId])).size > 0) return null;
        const rows = await tx.friends.between([[userId, otherId]]);
        const lapsedUntil = expiry.lapsedUntil();
        const before = {
          mine: statusOf(rows, userId, lapsedUntil),
          theirs: statusOf(rows, otherId, lapsedUntil),
        };
        const after = move(before);
        const now = clock.now();
        if (after.mine !== before.mine) await tx.friends.set(userId, otherId, after.mine, now);
        if (after.theirs !== before.theirs) await tx.friends.set(otherId, userId, after.theirs, now);
        if (changesWriters(before, after)) await tx.log.raiseMembersVersion(conversationId);
        return { status: after.mine, friendshipChanged: changesFriendship(before, after) };
      },
      { repeatable: true },
    );
    // A block tells the other nothing that ending the friendship would not.
    if (moved?.friendshipChanged) publishFriendship(bus, userId, otherId);
    return moved?.status ?? null;
  }
}

/** A request that has lapsed is none. */
function statusOf(rows: readonly FriendRow[], userId: number, lapsedUntil: number): FriendStatus | null {
  const row = rows.find((candidate) => candidate.userId === userId);
  if (row === undefined || (row.status === 'requested' && row.createdAt <= lapsedUntil)) return null;
  return row.status;
}
