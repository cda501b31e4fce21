import type BetterSqlite3 from 'better-sqlite3';
import { Mutex } from 'async-mutex';
import type { DataSource, QueryRunner } from 'typeorm';
import type { Clock } from '../lib/clock.ts';
import { type Attempt, runAttempts, untilAborted } from './attempts.ts';
import { translate } from './database-error.ts';
import { sqliteDialect } from './dialect.ts';
import type { Engine } from './engine.ts';
import { LoopShare } from './loop-share.ts';
import { rootCause } from './retry.ts';
import { Sql } from './sql.ts';

export interface SqliteConnections {
  readonly writer: DataSource;
  /** A read-only connection to the same file; the writer itself for a database in memory. */
  readonly reader: DataSource;
  /** The names of the migrations that ran on opening. */
  readonly migrated: readonly string[];
  /** What else to give up at the end: the lock on the file. */
  release(): void;
}

const OVER = new Error('the transaction is over');

/**
 * SQLite has one connection for writing, and TypeORM nests whatever runs on it at the same time: so one mutex lets in
 * one transaction after the other. Reads use the second connection, or they would see what is not committed; a
 * database in memory has no second one, and its reads take the mutex.
 */
export class SqliteEngine implements Engine {
  readonly name = 'sqlite';
  readonly #connections: SqliteConnections;
  readonly #clock: Clock;
  readonly #mutex = new Mutex();
  readonly #readShare = new LoopShare();
  readonly #writer: QueryRunner;
  readonly #reader: QueryRunner;

  constructor(connections: SqliteConnections, clock: Clock) {
    this.#connections = connections;
    this.#clock = clock;
    this.#writer = connections.writer.createQueryRunner();
    this.#reader = connections.reader === connections.writer ? this.#writer : connections.reader.createQueryRunner();
  }

  read<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    return runAttempts(this.#options(false), (attempt) =>
      this.#reader === this.#writer
        ? this.#exclusively(attempt, () => this.#statements(this.#writer, work, attempt))
        : this.#readShare.run(async () => {
            // Whoever asked may have given up meanwhile.
            attempt.signal.throwIfAborted();
            return await this.#statements(this.#reader, work, attempt);
          }),
    );
  }

  write<T>(work: (sql: Sql) => Promise<T>, options: { readonly repeatable?: boolean } = {}): Promise<T> {
    return runAttempts(this.#options(options.repeatable ?? false), (attempt) =>
      this.#exclusively(attempt, () => this.#transaction(work, attempt)),
    );
  }

  async close(): Promise<void> {
    const { writer, reader } = this.#connections;
    await this.#mutex.runExclusive(async () => {
      if (reader !== writer) await reader.destroy();
      await writer.destroy();
      this.#connections.release();
    });
  }

  #options(repeatable: boolean) {
    const tables = this.#connections.writer.entityMetadatas;
    return { clock: this.#clock, repeatable, translate: (error: unknown) => translate(error, tables) };
  }

  async #exclusively<T>(attempt: Attempt, work: () => Promise<T>): Promise<T> {
    const acquiring = this.#mutex.acquire();
    let release: () => void;
    try {
      release = await untilAborted(acquiring, attempt.signal);
    } catch (error) {
      void acquiring.then((late) => late());
      throw error;
    }
    try {
      return await work();
    } finally {
      release();
    }
  }

  async #statements<T>(runner: QueryRunner, work: (sql: Sql) => Promise<T>, attempt: Attempt): Promise<T> {
    const sql = new Sql(sqliteDialect, runner);
    try {
      return await untilAborted(work(sql), attempt.signal);
    } finally {
      await sql.end(OVER);
    }
  }

  async #transaction<T>(work: (sql: Sql) => Promise<T>, attempt: Attempt): Promise<T> {
    await this.#rollBack();
    await this.#writer.query('BEGIN IMMEDIATE');
    const sql = new Sql(sqliteDialect, this.#writer);
    try {
      const result = await untilAborted(work(sql), attempt.signal);
      if (sql.failure !== undefined) throw sql.failure;
      await sql.end(OVER);
      attempt.phase = 'commit';
      await this.#writer.query('COMMIT');
      return result;
    } catch (error) {
      const cause = rootCause(error, sql.failure);
      await sql.end(cause);
      await this.#rollBack();
      throw cause;
    }
  }

  /** Some errors end the transaction by themselves; the connection knows. */
  async #rollBack(): Promise<void> {
    const connection = (await this.#writer.connect()) as BetterSqlite3.Database;
    if (connection.inTransaction) await this.#writer.query('ROLLBACK');
  }
}
