import type { Clock } from '../lib/clock.ts';
import { DomainError } from '../lib/errors.ts';
import { storeFailure } from '../messages/store-failure.ts';
import type { Typing } from '../messages/typing.ts';
import type { Target } from '../store/seam/records.ts';
import type { Events } from '../telemetry/events.ts';
import { TypingThrottle } from './typing-throttle.ts';

/** Frames that may wait for a slow database; more are dropped. */
const MAX_WAITING = 5;

export interface StreamTypingParts {
  readonly typing: Typing;
  readonly clock: Clock;
  readonly events: Events;
}

/** The `typing` frames of one stream: told in their order, beside everything else that the stream does. */
export class StreamTyping {
  readonly #userId: number;
  readonly #parts: StreamTypingParts;
  readonly #throttle: TypingThrottle;
  readonly #refuse: (error: DomainError) => void;
  #waiting = 0;
  #last: Promise<void> = Promise.resolve();

  /** @param refuse is given what is wrong with a frame */
  constructor(userId: number, parts: StreamTypingParts, refuse: (error: DomainError) => void) {
    this.#userId = userId;
    this.#parts = parts;
    this.#throttle = new TypingThrottle(parts.clock);
    this.#refuse = refuse;
  }

  take(target: Target, stopped: boolean): void {
    if (this.#waiting >= MAX_WAITING || !this.#throttle.admits(target, stopped)) return;
    this.#waiting += 1;
    this.#last = this.#last.then(() => this.#tell(target, stopped));
  }

  async #tell(target: Target, stopped: boolean): Promise<void> {
    try {
      await this.#parts.typing.tell(this.#userId, target, stopped);
    } catch (cause) {
      if (cause instanceof DomainError) this.#refuse(cause);
      // Without the database it is lost, as it may be.
      else if (storeFailure(cause) === null) this.#parts.events.workFailed('telling that somebody is typing', cause);
    } finally {
      this.#waiting -= 1;
    }
  }
}
