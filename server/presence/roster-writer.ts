import type { Roster, Standing } from '../cluster/roster.ts';

/**
 * Tells other replicas of the users here: a change at once where nothing is being written, else together with all that
 * came meanwhile. What could not be written stays noted.
 */
export class RosterWriter {
  readonly #roster: Pick<Roster, 'write'>;
  readonly #standingOf: (userId: number) => Standing | null;
  readonly #unwritten = new Set<number>();
  #writing: Promise<void> | undefined;

  constructor(roster: Pick<Roster, 'write'>, standingOf: (userId: number) => Standing | null) {
    this.#roster = roster;
    this.#standingOf = standingOf;
  }

  /** These have changed. Without any, tries again to write what is noted. */
  note(userIds: readonly number[]): void {
    for (const userId of userIds) this.#unwritten.add(userId);
    if (this.#writing === undefined && this.#unwritten.size > 0) void this.#writeAll();
  }

  /** Returns when all that was noted before has been written. @throws RegistryUnavailable */
  async flush(): Promise<void> {
    await this.#writing?.catch(() => undefined);
    if (this.#writing !== undefined || this.#unwritten.size > 0) await this.#write();
  }

  async #writeAll(): Promise<void> {
    try {
      while (this.#unwritten.size > 0) await this.#write();
    } catch {
      // It stays noted, and the lease says when Redis is back.
    }
  }

  #write(): Promise<void> {
    return (this.#writing ??= this.#writeBatch().finally(() => (this.#writing = undefined)));
  }

  async #writeBatch(): Promise<void> {
    const batch = [...this.#unwritten];
    this.#unwritten.clear();
    try {
      await this.#roster.write(new Map(batch.map((userId) => [userId, this.#standingOf(userId)])));
    } catch (error) {
      for (const userId of batch) this.#unwritten.add(userId);
      throw error;
    }
  }
}
