import type { Clock, Timer } from '../lib/clock.ts';
import type { CursorAdvance } from '../store/seam/records.ts';
import type { Store } from '../store/seam/store.ts';
import type { Events } from '../telemetry/events.ts';

/** An acknowledgement is written so long after it came, at most. */
const FLUSH_AFTER_MS = 500;
const RETRY_AFTER_MS = 1_000;
/** Advances that may wait while the database is away. More are dropped: they cost a redelivery, no message. */
const CAPACITY = 200_000;

/** Writes cursors behind: gathered per user and conversation, so that many acknowledgements are one write. */
export class CursorWriter implements AsyncDisposable {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #events: Events;
  readonly #onWritten: (advances: readonly CursorAdvance[]) => void;
  #waiting = new Map<string, CursorAdvance>();
  #timer: Timer | undefined;
  #writing: Promise<void> | undefined;
  /** How often everything was forgotten. */
  #forgotten = 0;
  #closed = false;

  /** @param onWritten is told of what is stored */
  constructor(
    parts: { store: Store; clock: Clock; events: Events },
    onWritten: (advances: readonly CursorAdvance[]) => void = () => undefined,
  ) {
    this.#store = parts.store;
    this.#clock = parts.clock;
    this.#events = parts.events;
    this.#onWritten = onWritten;
  }

  note(advance: CursorAdvance): void {
    const key = `${advance.userId}:${advance.conversationId}`;
    const before = this.#waiting.get(key);
    if (before === undefined && this.#waiting.size >= CAPACITY) return;
    this.#waiting.set(key, before === undefined ? advance : furthest(before, advance));
    if (this.#timer === undefined) this.#flushAfter(FLUSH_AFTER_MS);
  }

  /** Writes what has been noted so far. @throws what the store throws; nothing is forgotten then. */
  async flush(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing.catch(() => undefined);
    if (this.#waiting.size === 0) return;
    this.#writing = this.#write();
    try {
      await this.#writing;
    } finally {
      this.#writing = undefined;
    }
  }

  /** The log is another one: what waits is of no use, and may lie beyond its end. */
  forgetAll(): void {
    this.#forgotten += 1;
    this.#waiting.clear();
    this.#cancelTimer();
  }

  /** Writes the rest, if the store takes it: what is lost costs a redelivery. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.flush().catch((cause: unknown) => this.#events.workFailed('writing cursors', cause));
    this.#closed = true;
    this.#cancelTimer();
  }

  async #write(): Promise<void> {
    const batch = this.#waiting;
    this.#waiting = new Map();
    this.#cancelTimer();
    const advances = [...batch.values()];
    const forgotten = this.#forgotten;
    try {
      await this.#store.cursors.advance(advances);
    } catch (error) {
      if (forgotten === this.#forgotten) for (const advance of advances) this.note(advance);
      throw error;
    }
    this.#onWritten(advances);
  }

  async #flushAndRetry(): Promise<void> {
    this.#timer = undefined;
    try {
      await this.flush();
    } catch (cause) {
      this.#events.workFailed('writing cursors', cause);
      this.#flushAfter(RETRY_AFTER_MS);
    }
  }

  #flushAfter(delayMs: number): void {
    this.#cancelTimer();
    if (this.#closed) return;
    this.#timer = this.#clock.after(delayMs, () => void this.#flushAndRetry());
  }

  #cancelTimer(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}

function furthest(a: CursorAdvance, b: CursorAdvance): CursorAdvance {
  return {
    userId: a.userId,
    conversationId: a.conversationId,
    deliveredSeq: Math.max(a.deliveredSeq ?? 0, b.deliveredSeq ?? 0),
    readSeq: Math.max(a.readSeq ?? 0, b.readSeq ?? 0),
    ...joinRuns(a.own, b.own),
  };
}

/** Runs that overlap or follow on make one, in whatever order they were noted; otherwise the later one counts. */
function joinRuns(a: CursorAdvance['own'], b: CursorAdvance['own']): Pick<CursorAdvance, 'own'> {
  if (a === undefined || b === undefined) {
    const own = a ?? b;
    return own === undefined ? {} : { own };
  }
  const [first, second] = a.from <= b.from ? [a, b] : [b, a];
  if (second.from > first.to + 1) return { own: second };
  return { own: { from: first.from, to: Math.max(first.to, second.to) } };
}
