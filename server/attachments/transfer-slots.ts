import { DomainError } from '../lib/errors.ts';

export interface SlotLimits {
  readonly perUser: number;
  /** Of all users, on this replica. */
  readonly total: number;
}

const RETRY_AFTER_MS = 2_000;

/** How many transfers are under way at the same time: each holds a part of its file in memory. */
export class TransferSlots {
  readonly #limits: SlotLimits;
  readonly #perUser = new Map<number, number>();
  #total = 0;

  constructor(limits: SlotLimits) {
    this.#limits = limits;
  }

  /** Gives back by disposing. @throws DomainError OVERLOADED */
  take(userId: number): Disposable {
    const own = this.#perUser.get(userId) ?? 0;
    const { perUser, total } = this.#limits;
    if (own >= perUser) throw overloaded(`at most ${perUser} of one user at a time`);
    if (this.#total >= total) throw overloaded('too many transfers are under way');
    this.#perUser.set(userId, own + 1);
    this.#total += 1;
    return { [Symbol.dispose]: () => this.#giveBack(userId) };
  }

  #giveBack(userId: number): void {
    this.#total -= 1;
    const own = (this.#perUser.get(userId) ?? 1) - 1;
    if (own > 0) this.#perUser.set(userId, own);
    else this.#perUser.delete(userId);
  }
}

function overloaded(text: string): DomainError {
  return new DomainError('OVERLOADED', text, { retryAfterMs: RETRY_AFTER_MS });
}
