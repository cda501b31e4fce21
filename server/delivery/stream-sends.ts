import type { Lane } from '../messages/send.ts';
import type { Target } from '../store/records.ts';

/** The sends of one stream: the order that each target's keep, and how many have no result yet. */
export class StreamSends {
  readonly #lanes = new Map<string, Lane>();
  readonly #waiters: (() => void)[] = [];
  #unsettled = 0;

  lane(target: Target): Lane {
    const key = target.kind === 'user' ? `u${target.userId}` : `g${target.groupId}`;
    const known = this.#lanes.get(key);
    if (known !== undefined) return known;
    const lane: Lane = { failedId: null };
    this.#lanes.set(key, lane);
    return lane;
  }

  started(): void {
    this.#unsettled += 1;
  }

  finished(): void {
    this.#unsettled -= 1;
    if (this.#unsettled === 0) for (const resolve of this.#waiters.splice(0)) resolve();
  }

  /** Resolves when every send has its result. */
  async settled(): Promise<void> {
    if (this.#unsettled > 0) await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }
}
