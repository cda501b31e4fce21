import { randomUUIDv7 } from 'node:crypto';
import { SendReceipt as WireSendReceipt } from '../../proto/gen/parley/v1/chat.pb.ts';
import { ChatServiceClient } from '../../proto/gen/parley/v1/chat_service.pb.ts';
import type { Content, SendReceipt, Target } from './types.ts';
import type { UnaryCaller, UnaryOptions } from './unary-caller.ts';
import { fromContent } from './wire-messages.ts';
import { fromTarget, toInt64, toSendReceipt } from './wire.ts';

/** Options of a call that stores an entry. */
export interface StoreOptions extends UnaryOptions {
  /** A UUID: a retry with the same one stores nothing twice. Default: a new one (version 7). */
  readonly clientMessageId?: string;
}

/** A text, or a text with a payload. */
export type ContentInput = string | Partial<Content>;

export function toFullContent(content: ContentInput): Content {
  return typeof content === 'string' ? { text: content } : { ...content, text: content.text ?? '' };
}

/**
 * One message at a time, without a stream: for scripts. Nothing is retried here. The errors of each method are those of
 * its rpc in `chat_service.proto`, as ParleyError.
 */
export class MessagesApi {
  readonly #caller: UnaryCaller;
  readonly #service: ChatServiceClient;

  constructor(caller: UnaryCaller) {
    this.#caller = caller;
    this.#service = caller.service(ChatServiceClient);
  }

  async send(target: Target, content: ContentInput, options: StoreOptions = {}): Promise<SendReceipt> {
    const service = this.#service;
    const clientMessageId = options.clientMessageId ?? randomUUIDv7();
    const message = { clientMessageId, target: fromTarget(target), content: fromContent(toFullContent(content)) };
    const response = await this.#caller.call(service.sendMessage.bind(service), { message }, options);
    return receiptOf(clientMessageId, response);
  }

  /** Takes a message back. */
  async recall(conversationId: number, seq: number, options?: UnaryOptions): Promise<SendReceipt> {
    const service = this.#service;
    const request = { conversationId: toInt64(conversationId), seq: toInt64(seq) };
    return receiptOf('', await this.#caller.call(service.recallMessage.bind(service), request, options));
  }

  /** Replaces the content of one's own message; `expectedRevision` is how many edits the caller knows of. */
  async edit(
    conversationId: number,
    seq: number,
    content: ContentInput,
    expectedRevision: number,
    options: StoreOptions = {},
  ): Promise<SendReceipt> {
    const service = this.#service;
    const clientMessageId = options.clientMessageId ?? randomUUIDv7();
    const request = {
      clientMessageId,
      conversationId: toInt64(conversationId),
      seq: toInt64(seq),
      content: fromContent(toFullContent(content)),
      expectedRevision,
    };
    return receiptOf(clientMessageId, await this.#caller.call(service.editMessage.bind(service), request, options));
  }

  /** Reacts to a message with an emoji, or takes that back; undefined where there was nothing to take back. */
  async react(
    conversationId: number,
    seq: number,
    emoji: string,
    { removed = false, ...options }: UnaryOptions & { readonly removed?: boolean } = {},
  ): Promise<SendReceipt | undefined> {
    const service = this.#service;
    const request = { conversationId: toInt64(conversationId), seq: toInt64(seq), emoji, removed };
    const { receipt } = await this.#caller.call(service.setReaction.bind(service), request, options);
    return receipt && toSendReceipt('', receipt);
  }
}

function receiptOf(clientMessageId: string, response: { receipt: WireSendReceipt | undefined }): SendReceipt {
  return toSendReceipt(clientMessageId, response.receipt ?? WireSendReceipt.create());
}
