import { randomUUID } from 'node:crypto';
import type { EntryBody, NewEntry } from '../../server/store/seam/entry.ts';
import type { ConversationFacts, GroupRole, UserRecord } from '../../server/store/seam/records.ts';
import { isCountable } from '../../server/store/seam/entry.ts';
import type { Store } from '../../server/store/seam/store.ts';
import type { Transaction } from '../../server/store/seam/transaction.ts';

export const WIDE = { limit: 1_000, maxBytes: 10_000_000 };

export function text(words: string): EntryBody {
  return { kind: 'content', content: { text: words } };
}

export interface Group {
  readonly groupId: number;
  readonly conversationId: number;
}

let serial = 0;

/** Makes people, groups and entries in a store, the way the domain does. */
export class World {
  readonly store: Store;

  constructor(store: Store) {
    this.store = store;
  }

  user(name = 'user'): Promise<UserRecord> {
    const unique = `${name}-${++serial}`;
    return this.store.accounts.insert({ name: unique, foldedName: unique, passwordHash: 'hash', createdAt: 1_000 });
  }

  /** With ascending ids. */
  async users(count: number): Promise<UserRecord[]> {
    const users: UserRecord[] = [];
    while (users.length < count) users.push(await this.user());
    return users;
  }

  async pair(): Promise<[UserRecord, UserRecord]> {
    return [await this.user(), await this.user()];
  }

  async direct(): Promise<{ a: UserRecord; b: UserRecord; id: number; facts: ConversationFacts }> {
    const [a, b] = await this.pair();
    const facts = await this.store.log.ensureDirect(a.id, b.id);
    return { a, b, id: facts.id, facts };
  }

  /** Appends an entry of each body under the lock, and gives the last seq. */
  say(conversationId: number, senderId: number, ...bodies: EntryBody[]): Promise<number> {
    return this.store.transact((tx) => append(tx, conversationId, senderId, bodies));
  }

  /** A group whose owner joined at seq 1. */
  group(owner: UserRecord, requestId: string | null = null): Promise<Group> {
    return this.store.transact(async (tx) => {
      const group = await tx.groups.insert({
        name: 'the group',
        description: 'about it',
        ownerId: owner.id,
        memberLimit: 10,
        joinPolicy: 'open',
        historyVisible: false,
        createdAt: 2_000,
        requestId,
        requestHash: requestId === null ? null : new Uint8Array(32).fill(9),
      });
      await enter(tx, group, owner.id, 'owner');
      return group;
    });
  }

  /** Gives the seq of the entry. */
  join(group: Group, user: UserRecord, role: GroupRole = 'member'): Promise<number> {
    return this.store.transact((tx) => enter(tx, group, user.id, role));
  }

  /** Gives the seq of the entry: the last one that the user may read. */
  leave(group: Group, user: UserRecord): Promise<number> {
    return this.store.transact(async (tx) => {
      const seq = await append(tx, group.conversationId, user.id, [change('left', user.id)], true);
      await tx.groups.closePeriod(group.groupId, user.id, seq);
      return seq;
    });
  }

  /** The seqs that a user is given. */
  async visible(userId: number, conversationId: number): Promise<number[]> {
    const { entries } = await this.store.log.readVisible(userId, conversationId, { afterSeq: 0 }, WIDE);
    return entries.map((entry) => entry.seq);
  }
}

export async function append(
  tx: Transaction,
  conversationId: number,
  senderId: number,
  bodies: readonly EntryBody[],
  membershipChanged = false,
): Promise<number> {
  const [head] = await tx.log.lock([conversationId], 'wait');
  if (!head) throw new Error(`no conversation ${conversationId}`);
  let { lastSeq, lastOrdinal } = head;
  const entries = bodies.map((body) => {
    lastSeq += 1;
    lastOrdinal += isCountable(body) ? 1 : 0;
    return newEntry({ conversationId, senderId, seq: lastSeq, ordinal: lastOrdinal, body });
  });
  await tx.log.append(entries, membershipChanged ? [conversationId] : []);
  return lastSeq;
}

export function newEntry(
  entry: Pick<NewEntry['entry'], 'conversationId' | 'senderId' | 'seq' | 'ordinal' | 'body'> & {
    clientMessageId?: string;
  },
): NewEntry {
  return {
    entry: {
      target: { kind: 'user', userId: 0 },
      senderName: '',
      createdAt: 3_000 + entry.seq,
      ...entry,
      clientMessageId: entry.clientMessageId ?? randomUUID(),
    },
    requestHash: new Uint8Array(32).fill(5),
  };
}

export function change(kind: 'joined' | 'left', userId: number): EntryBody {
  return { kind: 'membership', change: kind, userId, userName: '', role: kind === 'joined' ? 'member' : null };
}

async function enter(tx: Transaction, group: Group, userId: number, role: GroupRole): Promise<number> {
  const seq = await append(tx, group.conversationId, userId, [change('joined', userId)], true);
  await tx.groups.openPeriod(group.groupId, userId, seq, role);
  return seq;
}
