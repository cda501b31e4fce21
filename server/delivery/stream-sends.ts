import { DomainError } from '../lib/errors.ts';
import type { Lane } from '../messages/send.ts';
import type { Target } from '../store/seam/records.ts';
import { targetKey } from './target-key.ts';

/** Targets with a send under way, or a failed one, that one stream may have. */
const MAX_LANES = 10_000;

interface CountedLane extends Lane {
  unsettled: number;
}

/** The sends of one stream: the order that each target's keep, and how many have no result yet. */
export class StreamSends {
  readonly #lanes = new Map<string, CountedLane>();
  readonly #waiters: (() => void)[] = [];
  #unsettled = 0;

  /** The lane of a send that begins; `finished` takes it back. @throws DomainError OVERLOADED */
  started(target: Target): Lane {
    const key = targetKey(target);
    const lane = this.#lanes.get(key) ?? { failedId: null, unsettled: 0 };
    if (!this.#lanes.has(key) && this.#lanes.size >= MAX_LANES) {
      const text = `sends to more than ${MAX_LANES} targets of this stream are open`;
      throw new DomainError('OVERLOADED', text, { retryAfterMs: 1_000 });
    }
    this.#lanes.set(key, lane);
    lane.unsettled += 1;
    this.#unsettled += 1;
    return lane;
  }

  /** A send has its result. A lane that nothing depends on is forgotten. */
  finished(target: Target): void {
    const key = targetKey(target);
    const lane = this.#lanes.get(key);
    if (lane !== undefined) {
      lane.unsettled -= 1;
      if (lane.unsettled === 0 && lane.failedId === null) this.#lanes.delete(key);
    }
    this.#unsettled -= 1;
    if (this.#unsettled === 0) for (const resolve of this.#waiters.splice(0)) resolve();
  }

  /** Resolves when every send has its result. */
  async settled(): Promise<void> {
    if (this.#unsettled > 0) await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }
}
