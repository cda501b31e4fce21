import { DomainError } from '../lib/errors.ts';
import { contentBytes, type Entry } from '../store/seam/entry.ts';
import type { From, ReactionCount, VisiblePage } from '../store/seam/log.ts';
import type { ConversationSummary, Target } from '../store/seam/records.ts';
import type { Store } from '../store/seam/store.ts';
import type { Conversations } from './conversations.ts';

const MAX_PAGE_BYTES = 1_048_576;

export interface EntryPage {
  readonly conversationId: number;
  readonly entries: readonly Entry[];
  /** Where the next page goes on; null where nothing is left. */
  readonly next: From | null;
}

/** A place in a user's list of conversations. */
export interface ConversationPlace {
  readonly lastActivity: number;
  readonly id: number;
}

export interface ConversationPage {
  readonly summaries: readonly ConversationSummary[];
  /** Where the next page goes on; null where nothing is left. */
  readonly next: ConversationPlace | null;
}

/** What was said: reads of the log, for one user's eyes. */
export class History {
  readonly #store: Store;
  readonly #conversations: Conversations;

  constructor(store: Store, conversations: Conversations) {
    this.#store = store;
    this.#conversations = conversations;
  }

  /** At most `limit` of the user's conversations, fewer where their last entries are large. */
  async listConversations(
    userId: number,
    { after, limit }: { readonly after?: ConversationPlace; readonly limit: number },
  ): Promise<ConversationPage> {
    const found = await this.#store.log.summaries(userId, { ...(after && { after }), limit: limit + 1 });
    let bytes = 0;
    const beyond = found.findIndex(({ lastEntry }, index) => {
      if (index > 0 && (index >= limit || bytes >= MAX_PAGE_BYTES)) return true;
      bytes += lastEntry === null ? 0 : contentBytes(lastEntry.body);
      return false;
    });
    const summaries = beyond < 0 ? found : found.slice(0, beyond);
    const last = summaries.at(-1);
    const next = beyond < 0 || last === undefined ? null : { lastActivity: last.lastActivity, id: last.facts.id };
    return { summaries, next };
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
    const isSilent = page.entries.length === 0 && (await this.#conversations.isSilent(conversationId));
    if (!page.known || isSilent) throw conversationNotFound();
    return { conversationId, ...firstOf(page, from, limit) };
  }

  /** How many users react to these entries with what, at present. */
  async reactionsTo(userId: number, entries: readonly Entry[]): Promise<ReactionCount[]> {
    const contents = entries.filter(({ body }) => body.kind === 'content');
    return contents.length === 0 ? [] : this.#store.log.reactionsTo(userId, contents);
  }
}

/** One entry more than asked for tells whether there is a next page; a page cut by its bytes has one too. */
function firstOf(page: VisiblePage, from: From, limit: number): Pick<EntryPage, 'entries' | 'next'> {
  const backward = 'beforeSeq' in from;
  const entries = backward ? page.entries.slice(-limit) : page.entries.slice(0, limit);
  const edge = backward ? entries[0] : entries.at(-1);
  if (edge === undefined || !page.cut) return { entries, next: null };
  return { entries, next: backward ? { beforeSeq: edge.seq } : { afterSeq: edge.seq } };
}

export function conversationNotFound(): DomainError {
  return new DomainError('CONVERSATION_NOT_FOUND', 'there is no such conversation');
}
