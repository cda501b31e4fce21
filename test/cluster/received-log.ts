import type { Position } from '../../proto/gen/parley/v1/chat.pb.ts';
import type { Message } from '../../proto/gen/parley/v1/message.pb.ts';

/** `conversation/seq`, which names an entry. */
export function entryKey({ conversationId, seq }: { readonly conversationId: bigint; readonly seq: bigint }): string {
  return `${conversationId}/${seq}`;
}

/** What one reader was given, over all of its streams, and what was wrong with how it came. */
export class ReceivedLog {
  /** The client's id of each entry, once or more often received, by its key. */
  readonly received = new Map<string, string>();
  /** How many entries came that had come before. */
  repeated = 0;
  readonly #complaints: string[] = [];
  /** Entries that a stream passed over, with what it gave before and after them. */
  readonly #passedOver = new Map<string, string>();
  readonly #last = new Map<bigint, bigint>();

  /** A stream begins: where, the server's cursor says. */
  opened(): void {
    this.#last.clear();
  }

  /** Gives whether the entry is new. */
  take(message: Message): boolean {
    const { conversationId, seq, clientMessageId } = message;
    const before = this.#last.get(conversationId);
    if (before !== undefined && seq <= before) {
      this.#complaints.push(`conversation ${conversationId}: ${seq} came after ${before}`);
    }
    for (let between = (before ?? seq) + 1n; between < seq; between += 1n) {
      this.#passedOver.set(entryKey({ conversationId, seq: between }), `between ${before} and ${seq}`);
    }
    this.#last.set(conversationId, seq);
    const key = entryKey(message);
    const known = this.received.get(key);
    if (known !== undefined && known !== clientMessageId) {
      this.#complaints.push(`${key} was ${known}, then ${clientMessageId}`);
    }
    if (known !== undefined) this.repeated += 1;
    this.received.set(key, clientMessageId);
    return known === undefined;
  }

  /** The last of what this stream gave, of each conversation. */
  positions(): Position[] {
    return [...this.#last].map(([conversationId, seq]) => ({ conversationId, seq }));
  }

  /**
   * What was out of order within a stream, passed over, or another entry under a known name.
   *
   * @param own the keys of what this stream's user has sent on it: a device isn't given its own messages
   */
  complaints(own: ReadonlySet<string> = new Set()): string[] {
    const missing = [...this.#passedOver].filter(([key]) => !own.has(key));
    return [...this.#complaints, ...missing.map(([key, where]) => `${key} was passed over ${where}`)];
  }
}
