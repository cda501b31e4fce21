import { HistoryServiceClient } from '../../proto/gen/parley/v1/history_service.pb.ts';
import type { Conversation, Message, Page, PageOptions, Receipt, SearchResult, Target } from './types.ts';
import type { UnaryCaller, UnaryOptions } from './unary-caller.ts';
import { toConversation, toMessage } from './wire-messages.ts';
import { fromTarget, toInt64, toNumber, toReceipt } from './wire.ts';

/** Which conversation: by its id, or by whom or what it is with. */
export type ConversationRef = { readonly conversationId: number } | Target;

/** Which entries: `beforeSeq` and `afterSeq` exclude each other; with neither, the latest ones. */
export interface MessagesPage extends PageOptions {
  /** The entries with a smaller seq, the nearest ones. */
  readonly beforeSeq?: number;
  /** The entries with a larger seq, the nearest ones; 0: from the beginning. */
  readonly afterSeq?: number;
}

/** What a search looks for. */
export interface SearchOptions extends PageOptions {
  /** Only in this conversation. Default: in all of one's own. */
  readonly conversationId?: number;
}

/** What was said. The errors of each method are those of its rpc in `history_service.proto`, as ParleyError. */
export class HistoryApi {
  readonly #caller: UnaryCaller;
  readonly #service: HistoryServiceClient;

  constructor(caller: UnaryCaller) {
    this.#caller = caller;
    this.#service = caller.service(HistoryServiceClient);
  }

  /** Lists the caller's conversations that have an entry, the latest activity first. */
  async listConversations(page: PageOptions = {}, options?: UnaryOptions): Promise<Page<Conversation>> {
    const service = this.#service;
    const request = { pageSize: page.pageSize ?? 0, pageToken: page.pageToken ?? '' };
    const response = await this.#caller.call(service.listConversations.bind(service), request, options);
    return { items: response.conversations.map(toConversation), nextPageToken: response.nextPageToken };
  }

  /** Lists entries of a conversation, the smallest seq first, before or after a place. */
  async listMessages(
    conversation: ConversationRef,
    page: MessagesPage = {},
    options?: UnaryOptions,
  ): Promise<Page<Message> & { readonly conversationId: number }> {
    const service = this.#service;
    const request = {
      conversation: fromConversationRef(conversation),
      position: fromPlace(page),
      pageSize: page.pageSize ?? 0,
      pageToken: page.pageToken ?? '',
    };
    const response = await this.#caller.call(service.listMessages.bind(service), request, options);
    return {
      items: response.messages.map(toMessage),
      nextPageToken: response.nextPageToken,
      conversationId: toNumber(response.conversationId),
    };
  }

  /** Searches the caller's conversations: 1 to 256 characters. */
  async search(query: string, page: SearchOptions = {}, options?: UnaryOptions): Promise<Page<SearchResult>> {
    const service = this.#service;
    const request = {
      query,
      conversationId: toInt64(page.conversationId ?? 0),
      pageSize: page.pageSize ?? 0,
      pageToken: page.pageToken ?? '',
    };
    const response = await this.#caller.call(service.searchMessages.bind(service), request, options);
    const items = response.results.flatMap(({ message, highlights }) =>
      message ? [{ message: toMessage(message), highlights }] : [],
    );
    return { items, nextPageToken: response.nextPageToken };
  }

  /** Lists how far the members of a conversation have received and read it, by user id. */
  async listReceipts(
    conversation: ConversationRef,
    page: PageOptions = {},
    options?: UnaryOptions,
  ): Promise<Page<Receipt>> {
    const service = this.#service;
    const request = {
      conversation: fromConversationRef(conversation),
      pageSize: page.pageSize ?? 0,
      pageToken: page.pageToken ?? '',
    };
    const response = await this.#caller.call(service.listReceipts.bind(service), request, options);
    return { items: response.receipts.map(toReceipt), nextPageToken: response.nextPageToken };
  }
}

function fromConversationRef(conversation: ConversationRef) {
  return 'conversationId' in conversation
    ? ({ $case: 'conversationId', value: toInt64(conversation.conversationId) } as const)
    : ({ $case: 'target', value: fromTarget(conversation) } as const);
}

function fromPlace({ beforeSeq, afterSeq }: MessagesPage) {
  if (beforeSeq !== undefined && afterSeq !== undefined)
    throw new TypeError('beforeSeq and afterSeq exclude each other');
  if (beforeSeq !== undefined) return { $case: 'beforeSeq', value: toInt64(beforeSeq) } as const;
  return afterSeq === undefined ? undefined : ({ $case: 'afterSeq', value: toInt64(afterSeq) } as const);
}
