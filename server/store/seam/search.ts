import type { Entry } from './entry.ts';
import type { PageById } from './page.ts';

/** A place in the order of results: the latest first, by `createdAt`, then conversation, then seq. */
export interface SearchPlace {
  readonly createdAt: number;
  readonly conversationId: number;
  readonly seq: number;
}

/** What looks like it by the index. */
export interface CandidatePage {
  readonly entries: Entry[];
  /** What comes after them; null where nothing is left. */
  readonly next: SearchPlace | null;
}

export interface CandidateQuery {
  /** Numbers that stand for parts of the text. A candidate has all of them. */
  readonly grams: readonly number[];
  /** Only in this conversation. */
  readonly conversationId?: number;
  /** What comes after this place. */
  readonly after?: SearchPlace;
  readonly limit: number;
}

/** How far a conversation is indexed: behind, where `indexedSeq` is below `lastSeq`. */
export interface IndexProgress {
  readonly conversationId: number;
  readonly lastSeq: number;
  readonly indexedSeq: number;
}

export interface SearchStore {
  /**
   * Messages that the user may read (as by LogStore.readVisible with `includeEarlier`) and whose indexed text has the
   * grams, the latest first. Who asks looks at the text itself.
   */
  candidates(userId: number, query: CandidateQuery): Promise<CandidatePage>;
  /**
   * The conversations whose last_activity is at or after `since` and whose log goes beyond what is indexed. `since`: as
   * for LogStore.activeSince.
   */
  behindSince(since: number | null): Promise<{ databaseNow: number; conversationIds: number[] }>;
  /** All conversations, by id. */
  progress(page: PageById): Promise<IndexProgress[]>;
}

/** What an entry is to the index. */
export interface IndexedEntry {
  readonly seq: number;
  readonly createdAt: number;
  /** What a message says at present; null where it is recalled, and of every other kind of entry. */
  readonly text: string | null;
  /** Of an edit: the message that it changed. */
  readonly editedSeq: number | null;
}

/** What the index shall hold of an entry: each gram once. */
export interface EntryGrams {
  readonly seq: number;
  readonly createdAt: number;
  readonly grams: readonly number[];
}

/** What a transaction does with the index of one conversation. */
export interface SearchWrites {
  /**
   * Locks the progress of a conversation, made if there is none, until the transaction ends, and gives its indexed_seq;
   * `skip`: undefined where it is locked elsewhere.
   *
   * @throws DuplicateKey when another has just made it
   */
  lock(conversationId: number, held: 'skip' | 'wait'): Promise<number | undefined>;
  /**
   * The first entries after a seq, at most `limit`. They are locked against being changed: who recalls or edits one of
   * them waits, and then deletes what this transaction has indexed.
   */
  entriesAfter(conversationId: number, afterSeq: number, limit: number): Promise<IndexedEntry[]>;
  /** These entries, locked likewise. */
  entries(conversationId: number, seqs: readonly number[]): Promise<IndexedEntry[]>;
  /** Puts the grams of entries in the place of what is indexed of them. */
  replaceGrams(conversationId: number, entries: readonly EntryGrams[]): Promise<void>;
  setProgress(conversationId: number, indexedSeq: number): Promise<void>;
}
