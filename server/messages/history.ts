import { DomainError } from '../lib/errors.ts';
import { contentBytes, type Entry } from '../store/seam/entry.ts';
import type { ConversationSummary, Target } from '../store/seam/records.ts';
import type { From } from '../store/seam/log.ts';
import type { Store } from '../store/seam/store.ts';
import type { Conversations } from './conversations.ts';

const MAX_PAGE_BYTES = 1_048_576;

export interface EntryPage {
  readonly conversationId: number;
  readonly entries: readonly Entry[];
  /** Where the next page goes on; null where nothing is left. */
  readonly next: From | null;
}

/** What was said: reads of the log, for one user's eyes. */
export class History {
  readonly #store: Store;
  readonly #conversations: Conversations;

  constructor(store: Store, conversations: Conversations) {
    this.#store = store;
    this.#conversations = conversations;
  }

  listConversations(
    userId: number,
    page: { readonly after?: { readonly lastActivity: number; readonly id: number }; readonly limit: number },
  ): Promise<ConversationSummary[]> {
    return this.#store.log.summaries(userId, page);
  }

  /** @throws DomainError CONVERSATION_NOT_FOUND (also where the user was never part of it) */
  async listMessages(userId: number, of: number | Target, from: From, limit: number): Promise<EntryPage> {
    const conversationId = typeof of === 'number' ? of : (await this.#conversations.toRead(userId, of))?.id;
    if (conversationId === undefined) throw conversationNotFound();
    const page = await this.#store.log.readVisible(userId, conversationId, from, {
      limit: limit + 1,
      maxBytes: MAX_PAGE_BYTES,
      includeEarlier: true,
    });
    if (!page.known) throw conversationNotFound();
    return { conversationId, ...cut(page.entries, from, limit) };
  }
}

/** One entry more than asked for tells whether there is a next page; a page cut by its bytes has one too. */
function cut(read: readonly Entry[], from: From, limit: number): Pick<EntryPage, 'entries' | 'next'> {
  const backward = 'beforeSeq' in from;
  const entries = backward ? read.slice(-limit) : read.slice(0, limit);
  const edge = backward ? entries[0] : entries.at(-1);
  const more = read.length > limit || pageIsFull(read);
  if (edge === undefined || !more) return { entries, next: null };
  return { entries, next: backward ? { beforeSeq: edge.seq } : { afterSeq: edge.seq } };
}

/** The store gives no further entry once a page holds so much. */
function pageIsFull(entries: readonly Entry[]): boolean {
  return entries.reduce((bytes, { body }) => bytes + contentBytes(body), 0) >= MAX_PAGE_BYTES;
}

function conversationNotFound(): DomainError {
  return new DomainError('CONVERSATION_NOT_FOUND', 'there is no such conversation');
}
