import type { Bus } from '../bus/bus.ts';
import type { Clock } from '../lib/clock.ts';
import { jittered } from '../lib/jitter.ts';
import type { LogStore } from '../store/seam/log.ts';
import type { Events } from '../telemetry/events.ts';
import type { Dispatcher } from './dispatcher.ts';
import { Passes } from './passes.ts';

export interface ReconcilerParts {
  readonly log: Pick<LogStore, 'activeSince'>;
  readonly dispatcher: Pick<Dispatcher, 'reconcile'>;
  readonly bus: Pick<Bus, 'state'>;
  readonly clock: Clock;
  readonly events: Events;
  /** The log is not the one that the streams began with: it was restored, or another replica of the database took over. */
  readonly onLogReplaced: () => void;
}

const EVERY_MS = 5_000;
const EVERY_WHILE_DEGRADED_MS = 1_000;
/** Commits may become visible later than their time: each pass looks back so far. */
const LOOK_BACK_MS = 15_000;

/**
 * Reads now and then what happened to the logs lately: what the bus has lost is found without anything following it.
 * While the bus is away, this is how replicas hear of each other. Its cost grows with what is active, not with what
 * there is; what the look back finds once more is known already, and nothing is read for it.
 */
export class Reconciler implements AsyncDisposable {
  readonly #parts: ReconcilerParts;
  readonly #passes: Passes;
  #since: number | null = null;
  #logEpoch: string | undefined;

  constructor(parts: ReconcilerParts) {
    this.#parts = parts;
    this.#passes = new Passes(parts, {
      name: 'reconciling with the log',
      run: () => this.#look(),
      waitMs: () => (parts.bus.state === 'up' ? jittered(EVERY_MS) : EVERY_WHILE_DEGRADED_MS),
    });
  }

  /** The bus was lost, or has come back: what was lost on it is looked for at once. */
  busChanged(): void {
    this.#passes.soon();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#passes[Symbol.asyncDispose]();
  }

  async #look(): Promise<void> {
    const { log, dispatcher, onLogReplaced } = this.#parts;
    const activity = await log.activeSince(this.#since);
    const replaced = this.#logEpoch !== undefined && this.#logEpoch !== activity.logEpoch;
    this.#logEpoch = activity.logEpoch;
    this.#since = activity.databaseNow - LOOK_BACK_MS;
    if (replaced) onLogReplaced();
    else dispatcher.reconcile(activity);
  }
}
