import { DomainError } from '../lib/errors.ts';
import { type Content, type Entry, isCountable, type NewEntry } from '../store/seam/entry.ts';
import type { ConversationHead, StoredSend } from '../store/seam/records.ts';
import { judgeReply } from './content-rules.ts';
import { answerRepeat, type Stored } from './repeat.ts';
import { type Lane, type Receipt, receiptOf, type Send } from './send.ts';

/** What a batch comes to: a result for each send (in their order), and what has to be stored for it. */
export interface BatchPlan {
  readonly results: readonly (Receipt | DomainError)[];
  readonly entries: readonly NewEntry[];
  /** The sends that were stored before. */
  readonly repeats: readonly Send[];
}

export interface BatchFacts {
  /** The heads of all conversations of the batch, locked. */
  readonly heads: ReadonlyMap<number, ConversationHead>;
  readonly repeats: readonly StoredSend[];
  /** Why this send may not be made; null if it may. */
  readonly refuse: (send: Send) => DomainError | null;
  /** What is stored of a send that may be made, or why nothing is; asked once for each of them, in their order. */
  readonly contentOf: (send: Send) => Content | DomainError;
  readonly now: number;
}

/**
 * Numbers the sends of one transaction. A pure function: the transaction may be tried again. Repeats are answered
 * before membership is judged, those within the batch too.
 */
export function planBatch(sends: readonly Send[], facts: BatchFacts): BatchPlan {
  const known = new Map<string, Stored>(facts.repeats.map((stored) => [keyOf(stored), stored]));
  const before = new Set(known.values());
  const heads = new Map([...facts.heads].map(([id, head]) => [id, { seq: head.lastSeq, ordinal: head.lastOrdinal }]));
  const resumed = new Set<Lane>();
  const entries: NewEntry[] = [];
  const repeats: Send[] = [];

  const results = sends.map((send): Receipt | DomainError => {
    const earlier = earlierFailure(send, resumed);
    if (earlier !== null) return earlier;
    const first = known.get(keyOf(send));
    if (first !== undefined) {
      const answer = answerRepeat(send, first);
      if (before.has(first) && !(answer instanceof DomainError)) repeats.push(send);
      return answer;
    }
    const head = heads.get(send.facts.id);
    if (head === undefined) throw new Error(`conversation ${send.facts.id} is not locked`);
    const refusal = facts.refuse(send) ?? judgeReply(send.content, head.seq + 1);
    if (refusal !== null) return refusal;
    const content = facts.contentOf(send);
    if (content instanceof DomainError) return content;

    head.seq += 1;
    const body = { kind: 'content', content } as const;
    if (isCountable(body)) head.ordinal += 1;
    const entry: Entry = {
      conversationId: send.facts.id,
      seq: head.seq,
      ordinal: head.ordinal,
      target: send.target,
      senderId: send.senderId,
      senderName: send.senderName,
      clientMessageId: send.clientMessageId,
      createdAt: facts.now,
      body,
    };
    entries.push({ entry, requestHash: send.requestHash });
    known.set(keyOf(send), { ...receiptOf(entry), requestHash: send.requestHash });
    return receiptOf(entry);
  });
  return { results, entries, repeats };
}

function keyOf(send: { senderId: number; clientMessageId: string }): string {
  return `${send.senderId}:${send.clientMessageId}`;
}

function earlierFailure({ lane, clientMessageId }: Send, resumed: Set<Lane>): DomainError | null {
  if (lane === null || lane.failedId === null || resumed.has(lane)) return null;
  if (lane.failedId !== clientMessageId) {
    return new DomainError('EARLIER_SEND_FAILED', `send ${lane.failedId} again first, then this one`, {
      retryAfterMs: 100,
    });
  }
  resumed.add(lane);
  return null;
}
