import type { Clock, Timer } from '../lib/clock.ts';
import type { PresenceStore, Run } from '../store/seam/presence.ts';
import type { Events } from '../telemetry/events.ts';
import type { LocalUsers } from './local-users.ts';
import type { RowWriter } from './row-writer.ts';

const EVERY_MS = 30_000;
const PAGE_SIZE = 1_000;

export interface RowAuditParts {
  readonly store: Pick<PresenceStore, 'usersOf' | 'runsOf'>;
  readonly users: Pick<LocalUsers, 'present' | 'status'>;
  readonly rows: Pick<RowWriter, 'note' | 'unwrittenAt'>;
  readonly clock: Clock;
  readonly events: Events;
}

/**
 * Compares the database with who is here, every half a minute. Two replicas that write of one user at the same time, or
 * one that was paused, may leave a row that is wrong, and nobody else would find it: this run's lease lasts.
 */
export class RowAudit implements AsyncDisposable {
  readonly #parts: RowAuditParts;
  readonly #run: Run;
  #timer: Timer | undefined;
  #auditing: Promise<void> | undefined;
  #closed = false;

  constructor(parts: RowAuditParts, run: Run) {
    this.#parts = parts;
    this.#run = run;
    this.#later();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await this.#auditing;
  }

  #later(): void {
    this.#timer = this.#parts.clock.after(EVERY_MS, () => {
      this.#auditing = this.#audit()
        .catch((cause: unknown) => this.#parts.events.workFailed('comparing presence with the database', cause))
        .then(() => {
          if (!this.#closed) this.#later();
        });
    });
  }

  async #audit(): Promise<void> {
    const stored = await this.#stored();
    for (const userId of stored) if (this.#parts.users.status(userId) === 'offline') this.#correct(userId, false);
    const missing = this.#parts.users.present().filter((userId) => !stored.has(userId));
    for (let first = 0; first < missing.length && !this.#closed; first += PAGE_SIZE) {
      const page = missing.slice(first, first + PAGE_SIZE);
      const runs = await this.#parts.store.runsOf(page);
      for (const userId of page) {
        if (!runs.has(userId) && this.#parts.users.status(userId) !== 'offline') this.#correct(userId, true);
      }
    }
  }

  /** Those who are online under this run, by the database. */
  async #stored(): Promise<Set<number>> {
    const stored = new Set<number>();
    let page: readonly number[] = [];
    do {
      const afterId = page.at(-1) ?? 0;
      page = await this.#parts.store.usersOf(this.#run, { afterId, limit: PAGE_SIZE });
      for (const userId of page) stored.add(userId);
    } while (page.length === PAGE_SIZE && !this.#closed);
    return stored;
  }

  /** What is to be written yet is right as it is. */
  #correct(userId: number, online: boolean): void {
    if (this.#parts.rows.unwrittenAt(userId) === undefined) this.#parts.rows.note(userId, online);
  }
}
