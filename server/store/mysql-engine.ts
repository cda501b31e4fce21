import type { DataSource } from 'typeorm';
import type { Clock } from '../lib/clock.ts';
import { type Attempt, runAttempts, untilAborted } from './attempts.ts';
import { translate } from './database-error.ts';
import { mysqlDialect } from './dialect.ts';
import type { Engine } from './engine.ts';
import { MysqlLease } from './mysql-lease.ts';
import { classify, rootCause } from './retry.ts';
import { Sql } from './sql.ts';

const OVER = new Error('the transaction is over');
const CLOSE_WITHIN_MS = 2_000;

/**
 * MySQL and MariaDB through a pool. A connection goes back to the pool only when its last statement was answered and
 * its transaction is known to have ended; any other is destroyed.
 */
export class MysqlEngine implements Engine {
  readonly name = 'mysql';
  readonly #dataSource: DataSource;
  readonly #clock: Clock;

  constructor(dataSource: DataSource, clock: Clock) {
    this.#dataSource = dataSource;
    this.#clock = clock;
  }

  read<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    return runAttempts(this.#options(false), (attempt) =>
      this.#withLease(attempt, async (lease) => {
        const sql = new Sql(mysqlDialect, lease.runner);
        try {
          return await work(sql);
        } catch (error) {
          if (classify(error) === 'lost') lease.destroy();
          throw error;
        } finally {
          void sql.end(OVER);
        }
      }),
    );
  }

  write<T>(work: (sql: Sql) => Promise<T>, options: { readonly repeatable?: boolean } = {}): Promise<T> {
    return runAttempts(this.#options(options.repeatable ?? false), (attempt) =>
      this.#withLease(attempt, (lease) => this.#transaction(lease, work, attempt)),
    );
  }

  /** A server that does not answer the farewell is left behind. */
  async close(): Promise<void> {
    const controller = new AbortController();
    const timer = this.#clock.after(CLOSE_WITHIN_MS, () => controller.abort());
    try {
      await untilAborted(this.#dataSource.destroy(), controller.signal);
    } catch (error) {
      if (!controller.signal.aborted) throw error;
    } finally {
      timer.cancel();
    }
  }

  #options(repeatable: boolean) {
    const tables = this.#dataSource.entityMetadatas;
    return { clock: this.#clock, repeatable, translate: (error: unknown) => translate(error, tables) };
  }

  async #withLease<T>(attempt: Attempt, work: (lease: MysqlLease) => Promise<T>): Promise<T> {
    const lease = await MysqlLease.acquire(this.#dataSource, attempt.signal);
    try {
      return await work(lease);
    } finally {
      lease.release();
    }
  }

  async #transaction<T>(lease: MysqlLease, work: (sql: Sql) => Promise<T>, attempt: Attempt): Promise<T> {
    const sql = new Sql(mysqlDialect, lease.runner);
    try {
      await lease.runner.query('START TRANSACTION');
      const result = await work(sql);
      if (sql.failure !== undefined) throw sql.failure;
      void sql.end(OVER);
      attempt.phase = 'commit';
      await lease.runner.query('COMMIT');
      return result;
    } catch (error) {
      const cause = rootCause(error, sql.failure);
      void sql.end(cause);
      await this.#rollBack(lease, cause, attempt);
      throw cause;
    }
  }

  async #rollBack(lease: MysqlLease, cause: unknown, attempt: Attempt): Promise<void> {
    const failure = classify(cause);
    // A server that became a replica is unusable for as long as the connection lasts; the next may lead elsewhere.
    if (attempt.phase === 'commit' || failure === 'lost' || failure === 'unusable') {
      lease.destroy();
      return;
    }
    try {
      await lease.runner.query('ROLLBACK');
    } catch {
      // Gone or not, its transaction is not known to have ended.
      lease.destroy();
    }
  }
}
