import type { Sql } from './sql.ts';

/** A database that answers within its deadline or fails; the queries are built on it. */
export interface Engine {
  readonly name: 'sqlite' | 'mysql';
  /**
   * Reads what is committed. Each statement has its own snapshot.
   *
   * @throws StoreUnavailable
   */
  read<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
  /**
   * One transaction, with the promises of Store.transact.
   *
   * @throws StoreUnavailable, OutcomeUnknown, DuplicateKey, and what `work` throws
   */
  write<T>(work: (sql: Sql) => Promise<T>, options?: { readonly repeatable?: boolean }): Promise<T>;
  close(): Promise<void>;
}
