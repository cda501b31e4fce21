import type { CursorWriter } from '../messages/cursor-writer.ts';
import type { Feed } from './feed.ts';
import { judgeMarks, type Position } from './marks.ts';
import type { Outbox } from './outbox.ts';
import type { StreamSignals } from './stream-signals.ts';

export interface StreamMarksParts {
  readonly feed: Feed;
  readonly signals: StreamSignals;
  readonly cursors: CursorWriter;
  readonly outbox: Outbox;
}

/** The `ack` and `read` frames of one stream: they move its user's cursors. */
export class StreamMarks {
  readonly #userId: number;
  readonly #parts: StreamMarksParts;

  constructor(userId: number, parts: StreamMarksParts) {
    this.#userId = userId;
    this.#parts = parts;
  }

  take(frame: 'ack' | 'read', positions: readonly Position[]): void {
    const { feed, signals, cursors, outbox } = this.#parts;
    const { allowed, refusals } = judgeMarks(feed, frame, positions);
    for (const refusal of refusals) outbox.pushNotice(refusal);
    for (const { conversationId, seq } of allowed) {
      const moved = frame === 'ack' ? { deliveredSeq: seq } : { readSeq: seq };
      signals.noteOwn(conversationId, moved);
      cursors.note({ userId: this.#userId, conversationId, ...moved });
    }
  }
}
