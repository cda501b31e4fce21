import type { Clock, Timer } from '../lib/clock.ts';
import type { BalancerEvents } from '../telemetry/balancer-events.ts';
import type { Front } from './front.ts';
import type { Upstream } from './standings.ts';

/** From one change to the next: each reload leaves a generation of nginx's workers behind. */
const CHANGE_GAP_MS = 1_000;

export interface FrontKeeperParts {
  readonly fronts: readonly Pick<Front, 'file' | 'show'>[];
  readonly clock: Clock;
  readonly events: BalancerEvents;
}

/** Brings the newest list to every front, one change at a time and at most one a second. */
export class FrontKeeper implements AsyncDisposable {
  readonly #parts: FrontKeeperParts;
  /** What failed last, by file, so that it is told once. */
  readonly #failures = new Map<string, string>();
  #newest: readonly Upstream[] = [];
  #working: Promise<void> | undefined;
  #again = false;
  #changedAtMs = -Infinity;
  #timer: Timer | undefined;
  #closed = false;

  constructor(parts: FrontKeeperParts) {
    this.#parts = parts;
  }

  /** Puts a list in force, or tries again with one that could not be. Never throws and never waits. */
  show(upstreams: readonly Upstream[]): void {
    this.#newest = upstreams;
    this.#begin();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await this.#working;
  }

  #begin(): void {
    if (this.#closed) return;
    this.#again = true;
    this.#working ??= this.#work().finally(() => (this.#working = undefined));
  }

  async #work(): Promise<void> {
    const { clock } = this.#parts;
    while (this.#again && !this.#closed) {
      const waitMs = this.#changedAtMs + CHANGE_GAP_MS - clock.monotonic();
      if (waitMs > 0) {
        this.#timer?.cancel();
        this.#timer = clock.after(waitMs, () => this.#begin());
        return;
      }
      this.#again = false;
      for (const front of this.#parts.fronts) await this.#showTo(front, this.#newest);
    }
  }

  async #showTo(front: Pick<Front, 'file' | 'show'>, upstreams: readonly Upstream[]): Promise<void> {
    const { events, clock } = this.#parts;
    try {
      const outcome = await front.show(upstreams);
      if (outcome === 'waiting') {
        this.#tellOnce(front.file, outcome, () => events.nginxAwaited(front.file));
        return;
      }
      this.#failures.delete(front.file);
      if (outcome === 'same') return;
      this.#changedAtMs = clock.monotonic();
      events.shown(front.file, outcome, upstreams.length);
    } catch (error) {
      this.#tellOnce(front.file, String(error), () => events.showFailed(front.file, error));
    }
  }

  #tellOnce(file: string, what: string, tell: () => void): void {
    if (this.#failures.get(file) !== what) tell();
    this.#failures.set(file, what);
  }
}
