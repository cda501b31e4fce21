import { LRUCache } from 'lru-cache';

import { DomainError } from '../lib/errors.ts';
import type { ConversationFacts, ConversationHead, FriendRow } from '../store/seam/records.ts';
import type { Transaction } from '../store/seam/transaction.ts';

/** Who may write to a user directly: anyone not blocked, or friends only. */
export type DirectMessagePolicy = 'anyone' | 'friends';

interface Writers {
  readonly membersVersion: number;
  readonly userIds: ReadonlySet<number>;
}

const CACHED_CONVERSATIONS = 10_000;

/**
 * Who may write to a conversation, cached under its members_version. Whatever changes the answer raises that version
 * under the lock that the caller holds, so a cached answer of the same version is exact.
 */
export class WritePermissions {
  readonly #policy: DirectMessagePolicy;
  readonly #cache = new LRUCache<number, Writers>({ max: CACHED_CONVERSATIONS });

  constructor(policy: DirectMessagePolicy) {
    this.#policy = policy;
  }

  /** The log is another one: what is known here is of no use. */
  forgetAll(): void {
    this.#cache.clear();
  }

  /** Reads, for locked conversations, what the cache lacks; gives the judge of this transaction. */
  async load(
    tx: Transaction,
    conversations: Iterable<ConversationFacts>,
    heads: ReadonlyMap<number, ConversationHead>,
  ): Promise<(senderId: number, facts: ConversationFacts) => DomainError | null> {
    const writers = new Map<number, Writers>();
    const stale: ConversationFacts[] = [];
    for (const facts of conversations) {
      const cached = this.#cache.get(facts.id);
      if (cached !== undefined && cached.membersVersion === heads.get(facts.id)?.membersVersion) {
        writers.set(facts.id, cached);
      } else {
        stale.push(facts);
      }
    }
    if (stale.length > 0) await this.#reload(tx, stale, heads, writers);
    return (senderId, facts) => (writers.get(facts.id)?.userIds.has(senderId) ? null : refusal(facts));
  }

  async #reload(
    tx: Transaction,
    stale: readonly ConversationFacts[],
    heads: ReadonlyMap<number, ConversationHead>,
    writers: Map<number, Writers>,
  ): Promise<void> {
    const direct = stale.filter((facts) => facts.kind === 'direct');
    const groups = stale.filter((facts) => facts.kind === 'group');
    const pairs = direct.map((facts) => facts.users);
    const rows = direct.length > 0 ? await tx.friends.between(pairs) : [];
    const deleted = direct.length > 0 ? await tx.accounts.deletedAmong(pairs.flat()) : new Set<number>();
    const members = groups.length > 0 ? await tx.groups.members(groups.map((facts) => facts.groupId)) : null;
    for (const facts of stale) {
      const userIds =
        facts.kind === 'direct'
          ? this.#directWriters(facts.users, rows, deleted)
          : new Set(members?.get(facts.groupId)?.map((member) => member.userId));
      const entry = { membersVersion: heads.get(facts.id)?.membersVersion ?? -1, userIds };
      writers.set(facts.id, entry);
      this.#cache.set(facts.id, entry);
    }
  }

  #directWriters(
    users: readonly [number, number],
    rows: readonly FriendRow[],
    deleted: ReadonlySet<number>,
  ): ReadonlySet<number> {
    const [low, high] = users;
    if (deleted.has(low) || deleted.has(high)) return new Set();
    const between = rows.filter(
      (row) => (row.userId === low && row.friendId === high) || (row.userId === high && row.friendId === low),
    );
    const blocked = between.some((row) => row.status === 'blocked');
    const friends = between.length === 2 && between.every((row) => row.status === 'accepted');
    const open = !blocked && (this.#policy === 'anyone' || friends);
    return new Set(open ? users : []);
  }
}

function refusal(facts: ConversationFacts): DomainError {
  return facts.kind === 'direct' ? recipientUnavailable() : notAMember();
}

/** Blocked, friends only and deleted are one answer. */
export function recipientUnavailable(): DomainError {
  return new DomainError('RECIPIENT_UNAVAILABLE', 'this user can not be written to');
}

/** The same for a group that doesn't exist: a stranger can't tell. */
export function notAMember(): DomainError {
  return new DomainError('NOT_A_MEMBER', 'only members of the group may write to it');
}
