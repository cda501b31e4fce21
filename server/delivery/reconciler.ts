import type { Clock, Timer } from '../lib/clock.ts';
import type { LogStore } from '../store/seam/log.ts';
import type { Events } from '../telemetry/events.ts';
import type { Dispatcher } from './dispatcher.ts';

/** Commits may become visible later than their activity's time: each pass looks back so far. */
const LOOK_BACK_MS = 15_000;

/**
 * Reads now and then which conversations were active lately, so that a lost last event of a conversation is found
 * without another one following it. Its cost grows with what is active, not with what there is.
 */
export class Reconciler {
  readonly #log: LogStore;
  readonly #dispatcher: Dispatcher;
  readonly #clock: Clock;
  readonly #events: Events;
  readonly #everyMs: number;
  #since: number | null = null;
  #timer: Timer | undefined;
  #closed = false;

  constructor(parts: { log: LogStore; dispatcher: Dispatcher; clock: Clock; events: Events }, everyMs: number) {
    this.#log = parts.log;
    this.#dispatcher = parts.dispatcher;
    this.#clock = parts.clock;
    this.#events = parts.events;
    this.#everyMs = everyMs;
    this.#later();
  }

  /** One pass. */
  async reconcile(): Promise<void> {
    const { databaseNow, heads } = await this.#log.activeSince(this.#since);
    this.#since = databaseNow - LOOK_BACK_MS;
    this.#dispatcher.reconcile(heads);
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  #later(): void {
    if (this.#closed) return;
    this.#timer = this.#clock.after(this.#everyMs, () => void this.#pass());
  }

  async #pass(): Promise<void> {
    try {
      await this.reconcile();
    } catch (cause) {
      this.#events.workFailed('reconciling with the log', cause);
    }
    this.#later();
  }
}
