import type { Clock, Timer } from '../lib/clock.ts';
import type { PresenceRow } from '../store/seam/records.ts';
import type { Events } from '../telemetry/events.ts';

const WRITE_AFTER_MS = 500;
const RETRY_AFTER_MS = 2_000;

export interface RowWriterParts {
  /** Stores rows, one of each user. */
  readonly save: (rows: readonly PresenceRow[]) => Promise<void>;
  readonly clock: Clock;
  readonly events: Events;
}

/** Writes behind who is here, for after a restart: of many changes within half a second, the last of each user. */
export class RowWriter {
  readonly #parts: RowWriterParts;
  /** What the store doesn't have yet: rows stay here until they are written. */
  readonly #unwritten = new Map<number, PresenceRow>();
  #writing: Promise<boolean> | undefined;
  #timer: Timer | undefined;

  constructor(parts: RowWriterParts) {
    this.#parts = parts;
  }

  note(userId: number, online: boolean): void {
    this.#unwritten.set(userId, { userId, online, at: this.#parts.clock.now() });
    if (this.#writing === undefined) this.#writeAfter(WRITE_AFTER_MS);
  }

  /** When the user came or went last, where that is not stored yet. */
  unwrittenAt(userId: number): number | undefined {
    return this.#unwritten.get(userId)?.at;
  }

  /** Writes the rest, and these users as gone. */
  async close(users: readonly number[]): Promise<void> {
    await this.#writing;
    for (const userId of users) this.note(userId, false);
    this.#timer?.cancel();
    await this.#writeAll();
  }

  #writeAfter(delayMs: number): void {
    this.#timer ??= this.#parts.clock.after(delayMs, () => void this.#write());
  }

  /** One write at a time: an "online" that is slow must not come after the "offline" that followed it. */
  async #write(): Promise<void> {
    this.#timer = undefined;
    this.#writing = this.#writeAll();
    const written = await this.#writing;
    this.#writing = undefined;
    if (this.#unwritten.size > 0) this.#writeAfter(written ? WRITE_AFTER_MS : RETRY_AFTER_MS);
  }

  /** Whether the store has taken it. */
  async #writeAll(): Promise<boolean> {
    const batch = [...this.#unwritten.values()];
    if (batch.length === 0) return true;
    try {
      await this.#parts.save(batch);
    } catch (cause) {
      this.#parts.events.workFailed('writing presence', cause);
      return false;
    }
    for (const row of batch) if (this.#unwritten.get(row.userId) === row) this.#unwritten.delete(row.userId);
    return true;
  }
}
