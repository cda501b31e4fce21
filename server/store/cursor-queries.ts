import type { Engine } from './engine.ts';
import type { Cursor, CursorAdvance } from './records.ts';
import type { CursorStore } from './store.ts';
import { raiseRows } from './update-rows.ts';

const GET = 'SELECT delivered_seq, read_seq FROM offline_message WHERE user_id = ? AND conversation_id = ?';

export class CursorQueries implements CursorStore {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  get(userId: number, conversationId: number): Promise<Cursor | undefined> {
    return this.#engine.read(async (sql) => {
      const [row] = await sql.query<{ delivered_seq: number; read_seq: number }>(GET, [userId, conversationId]);
      return row && { deliveredSeq: row.delivered_seq, readSeq: row.read_seq };
    });
  }

  async advance(advances: readonly CursorAdvance[]): Promise<void> {
    if (advances.length === 0) return;
    await this.#engine.write(
      (sql) =>
        raiseRows(sql, {
          table: 'offline_message',
          keys: ['user_id', 'conversation_id'],
          values: ['delivered_seq', 'read_seq'],
          tuples: advances.map((a) => [a.userId, a.conversationId, a.deliveredSeq ?? 0, a.readSeq ?? 0]),
        }),
      { repeatable: true },
    );
  }
}
