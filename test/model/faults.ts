import { randomUUID } from 'node:crypto';

import type { Entry, NewEntry } from '../../server/store/seam/entry.ts';
import type { LogStore, LogWrites } from '../../server/store/seam/log.ts';
import type { MemberRecord } from '../../server/store/seam/records.ts';
import type { Store } from '../../server/store/seam/store.ts';
import type { Transaction } from '../../server/store/seam/transaction.ts';
import { withLog, withMethods } from '../domain/with-methods.ts';

/** A store that breaks a promise. */
export interface Fault {
  readonly does: string;
  /** How it shows to several clients at once; null where it takes a model to see it. */
  readonly breaks: string | null;
  /** Whether it shows where one thing is done after the other. */
  readonly showsByOne: boolean;
  readonly spoil: (store: Store) => Store;
}

export const FAULTS: readonly Fault[] = [
  {
    does: 'loses a message that it acknowledged',
    breaks: 'I1',
    showsByOne: true,
    spoil: (store) =>
      withReads(store, async (page) => {
        const entries = page.entries.filter((entry) => !isContent(entry) || entry.seq % 5 !== 0);
        // Of a page with nothing on it a stream would wait for more, and not be told that it has all.
        return entries.length > 0 ? { ...page, entries } : page;
      }),
  },
  {
    does: 'stores a repeat as another message',
    breaks: 'I3',
    showsByOne: true,
    spoil(store) {
      const used = new Set<string>();
      const forgetful = withTx(store, (tx) => withLog(tx, { findRepeats: async () => [] }));
      return withAppend(forgetful, (entries) => entries.map((entry) => underAnotherId(entry, used)));
    },
  },
  {
    does: 'leaves a number out',
    breaks: 'I4',
    showsByOne: true,
    spoil: (store) => withAppend(store, (entries) => entries.map(withoutSix)),
  },
  {
    does: 'stores the messages of one batch in another order',
    breaks: 'I5',
    showsByOne: false,
    spoil: (store) => withAppend(store, swapped),
  },
  {
    does: 'lets those write who were members once',
    breaks: 'I6',
    showsByOne: true,
    spoil(store) {
      const ever = new Map<string, MemberRecord>();
      return withTx(store, (tx) => {
        const members = async (groupIds: readonly number[]) => {
          const present = await tx.groups.members(groupIds);
          return new Map([...present].map(([id, records]) => [id, withFormer(id, records, ever)]));
        };
        return withMethods(tx, { groups: withMethods(tx.groups, { members }) });
      });
    },
  },
  {
    does: 'lets those write who are blocked',
    breaks: 'I6',
    showsByOne: true,
    spoil: (store) =>
      withTx(store, (tx) => withMethods(tx, { friends: withMethods(tx.friends, { between: async () => [] }) })),
  },
  {
    does: 'lets those read everything who were members once',
    breaks: 'I6',
    showsByOne: true,
    spoil: (store) =>
      withReads(store, async (page, conversationId, from) => {
        if (!page.known || !('afterSeq' in from)) return page;
        const entries = await store.log.read(conversationId, from.afterSeq, { limit: 200, maxBytes: 1_000_000 });
        return { ...page, entries };
      }),
  },
  {
    does: 'goes on telling those who left',
    // Streams of those who left are never caught up then, so nobody comes to see more.
    breaks: null,
    showsByOne: true,
    spoil(store) {
      const audience: LogStore['audience'] = async (conversationId) => {
        const { membersVersion, periods } = await store.log.audience(conversationId, 0);
        return { membersVersion, periods: periods.map((period) => ({ ...period, leftSeq: null })) };
      };
      const spoilt = withMethods(store, { log: withMethods(store.log, { audience }) });
      // Either by itself is made good by the other.
      return withReads(spoilt, async (page) => ({ ...page, open: page.known }));
    },
  },
  {
    does: 'leaves an entry out of what waited',
    breaks: 'I7',
    showsByOne: true,
    spoil: (store) =>
      withReads(store, async (page, _conversationId, _from, toList) => {
        return toList || page.entries.length < 3 ? page : { ...page, entries: page.entries.toSpliced(1, 1) };
      }),
  },
  {
    does: 'gives what waited in another order',
    breaks: 'I4',
    showsByOne: true,
    spoil: (store) =>
      withReads(store, async (page, _conversationId, _from, toList) => {
        return toList ? page : { ...page, entries: page.entries.toReversed() };
      }),
  },
  {
    does: 'keeps the bodies of what was recalled',
    breaks: 'I8',
    showsByOne: true,
    spoil: (store) => withTx(store, (tx) => withLog(tx, { eraseContent: async () => undefined })),
  },
  {
    does: 'forgets acknowledgements',
    breaks: null,
    showsByOne: true,
    spoil: (store) => withMethods(store, { cursors: withMethods(store.cursors, { advance: async () => undefined }) }),
  },
];

function withTx(store: Store, wrap: (tx: Transaction) => Transaction): Store {
  return withMethods(store, {
    transact: (work, options) => store.transact((tx) => work(wrap(tx)), options),
  });
}

function withAppend(store: Store, change: (entries: readonly NewEntry[]) => readonly NewEntry[]): Store {
  return withTx(store, (tx) => {
    const append: LogWrites['append'] = async (entries, membershipChanged) => {
      const changed = change(entries);
      if (changed.length > 0) await tx.log.append(changed, membershipChanged);
    };
    return withLog(tx, { append });
  });
}

type Page = Awaited<ReturnType<LogStore['readVisible']>>;
type From = Parameters<LogStore['readVisible']>[2];

/** `toList`: the page is for ListMessages, not for a stream. */
function withReads(
  store: Store,
  change: (page: Page, conversationId: number, from: From, toList: boolean) => Promise<Page>,
): Store {
  const readVisible: LogStore['readVisible'] = async (userId, conversationId, from, limits) => {
    const page = await store.log.readVisible(userId, conversationId, from, limits);
    return change(page, conversationId, from, limits.includeEarlier === true);
  };
  return withMethods(store, { log: withMethods(store.log, { readVisible }) });
}

function isContent({ body }: Entry): boolean {
  return body.kind === 'content';
}

function underAnotherId({ entry, requestHash }: NewEntry, used: Set<string>): NewEntry {
  const { senderId, clientMessageId } = entry;
  if (clientMessageId === null) return { entry, requestHash };
  const key = `${senderId} ${clientMessageId}`;
  const again = used.has(key);
  used.add(key);
  return { entry: again ? { ...entry, clientMessageId: randomUUID() } : entry, requestHash };
}

function withoutSix({ entry, requestHash }: NewEntry): NewEntry {
  return { entry: entry.seq === 6 ? { ...entry, seq: 7 } : entry, requestHash };
}

/** Two contents of one sender in one conversation change places. */
function swapped(entries: readonly NewEntry[]): readonly NewEntry[] {
  const [first, second] = entries;
  if (first === undefined || second === undefined) return entries;
  const [a, b] = [first.entry, second.entry];
  if (a.conversationId !== b.conversationId || a.senderId !== b.senderId || !isContent(a) || !isContent(b))
    return entries;
  const inPlaceOf = (other: Entry, { entry, requestHash }: NewEntry) => ({
    entry: { ...entry, seq: other.seq, ordinal: other.ordinal },
    requestHash,
  });
  return [inPlaceOf(a, second), inPlaceOf(b, first), ...entries.slice(2)];
}

function withFormer(
  groupId: number,
  present: readonly MemberRecord[],
  ever: Map<string, MemberRecord>,
): MemberRecord[] {
  for (const record of present) ever.set(`${groupId} ${record.userId}`, record);
  return [...ever].flatMap(([key, record]) => (key.startsWith(`${groupId} `) ? [record] : []));
}
