import { setTimeout as pause } from 'node:timers/promises';

import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';

import type { RestartableMariadb } from '../../store/restartable-mariadb.ts';

/** The others' transactions come and go within it; one that stays belongs to a replica that stands still. */
const LOOK_AGAIN_AFTER_MS = 150;
const LOOKS = 6;

/** Looks at the locks of a running database. */
export class RowLocks implements AsyncDisposable {
  readonly #connection: Connection;

  static async open({ socket }: RestartableMariadb): Promise<RowLocks> {
    return new RowLocks(await createConnection({ socketPath: socket, user: 'root', database: 'parley' }));
  }

  private constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Whether there is a transaction that holds rows and does nothing. */
  async areHeldIdly(): Promise<boolean> {
    const before = await this.#idle();
    await pause(LOOK_AGAIN_AFTER_MS);
    const after = await this.#idle();
    return before.some((transaction) => after.includes(transaction));
  }

  /** Which of these conversations' rows are locked for long. */
  async heldConversations(ids: readonly bigint[]): Promise<Set<bigint>> {
    const held = new Set(ids);
    for (let look = 0; look < LOOKS; look += 1) {
      const [free] = await this.#connection.query<RowDataPacket[]>(
        'SELECT id FROM conversation WHERE id IN (?) FOR UPDATE SKIP LOCKED',
        [ids],
      );
      for (const { id } of free) held.delete(BigInt(id as number));
      await pause(LOOK_AGAIN_AFTER_MS / LOOKS);
    }
    return held;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection.end();
  }

  async #idle(): Promise<string[]> {
    const [rows] = await this.#connection.query<RowDataPacket[]>(
      `SELECT trx_id, trx_started FROM information_schema.innodb_trx
       WHERE trx_rows_locked > 0 AND trx_query IS NULL AND trx_mysql_thread_id <> CONNECTION_ID()`,
    );
    return rows.map(({ trx_id: id, trx_started: started }) => `${String(id)} of ${String(started)}`);
  }
}
