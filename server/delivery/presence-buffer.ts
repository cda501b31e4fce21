import type { PresenceNotice } from './outbound.ts';
import type { Outbox } from './outbox.ts';

/** Friends whose presence may wait: more are dropped, the oldest first. ListFriends tells it too. */
const MAX_WAITING = 1_000;

/** What one stream is told of its user's friends: while there is no room, the latest of each waits. */
export class PresenceBuffer {
  readonly #outbox: Outbox;
  readonly #waiting = new Map<number, PresenceNotice>();
  #draining = false;
  #closed = false;

  constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  add(notice: PresenceNotice): void {
    this.#waiting.delete(notice.userId);
    this.#waiting.set(notice.userId, notice);
    if (this.#waiting.size > MAX_WAITING) {
      const [oldest] = this.#waiting.keys();
      this.#waiting.delete(oldest!);
    }
    if (!this.#draining) void this.#drain();
  }

  close(): void {
    this.#closed = true;
    this.#waiting.clear();
  }

  async #drain(): Promise<void> {
    this.#draining = true;
    while (this.#waiting.size > 0 && !this.#closed) {
      if (this.#outbox.full) await this.#outbox.room();
      for (const [userId, notice] of this.#waiting) {
        if (this.#outbox.full) break;
        this.#waiting.delete(userId);
        this.#outbox.pushNotice(notice);
      }
    }
    this.#draining = false;
  }
}
