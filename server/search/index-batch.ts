import type { EntryGrams, IndexedEntry } from '../store/seam/search.ts';
import type { Store } from '../store/seam/store.ts';
import type { Transaction } from '../store/seam/transaction.ts';
import { gramsOf } from './grams.ts';

/** A batch is small: it holds locks, and on SQLite the process does nothing else meanwhile. */
const MAX_ENTRIES = 20;
const ENOUGH_GRAMS = 1_000;
/** Long texts may have few grams, and take their time all the same. */
const ENOUGH_CHARACTERS = 16_384;

/** What a batch came to. `busy`: another is at work on this conversation. */
export interface IndexedBatch {
  readonly state: 'busy' | 'more' | 'caught-up';
  /** How many messages it went through. */
  readonly messages: number;
}

/**
 * Indexes the next entries of a conversation, in one transaction. Each entry's message is locked against changes until
 * it has ended, so a recall or an edit either was before, and its message is read as it is now, or comes after, and
 * deletes what was indexed here.
 */
export function indexBatch(store: Store, conversationId: number, held: 'skip' | 'wait'): Promise<IndexedBatch> {
  return store.transact((tx) => indexNext(tx, conversationId, held), { repeatable: true });
}

async function indexNext(tx: Transaction, conversationId: number, held: 'skip' | 'wait'): Promise<IndexedBatch> {
  const indexedSeq = await tx.search.lock(conversationId, held);
  if (indexedSeq === undefined) return { state: 'busy', messages: 0 };
  const entries = await tx.search.entriesAfter(conversationId, indexedSeq, MAX_ENTRIES);
  const last = entries.at(-1);
  if (last === undefined) return { state: 'caught-up', messages: 0 };

  const editedSeqs = entries.flatMap(({ editedSeq }) => editedSeq ?? []);
  const edited = editedSeqs.length > 0 ? await tx.search.entries(conversationId, editedSeqs) : [];
  const { grams, upTo } = gramsUntilEnough(entries, new Map(edited.map((entry) => [entry.seq, entry])));
  await tx.search.replaceGrams(conversationId, grams);
  await tx.search.setProgress(conversationId, upTo);
  const isLast = upTo === last.seq && entries.length < MAX_ENTRIES;
  return {
    state: isLast ? 'caught-up' : 'more',
    messages: entries.filter(({ seq, text }) => text !== null && seq <= upTo).length,
  };
}

/** The grams of entries by seq, one entry after the other until there are enough. An edit is that of its message. */
function gramsUntilEnough(
  entries: readonly IndexedEntry[],
  edited: ReadonlyMap<number, IndexedEntry>,
): { grams: EntryGrams[]; upTo: number } {
  const bySeq = new Map<number, EntryGrams>();
  let [upTo, count, characters] = [0, 0, 0];
  for (const entry of entries) {
    const { seq, createdAt, text } = edited.get(entry.editedSeq ?? 0) ?? entry;
    if (!bySeq.has(seq)) {
      const grams = text === null ? [] : gramsOf(text);
      bySeq.set(seq, { seq, createdAt, grams });
      count += grams.length;
      characters += text?.length ?? 0;
    }
    upTo = entry.seq;
    if (count >= ENOUGH_GRAMS || characters >= ENOUGH_CHARACTERS) break;
  }
  return { grams: [...bySeq.values()], upTo };
}
