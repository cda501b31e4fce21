import type { Engine } from './engine.ts';
import type { Cursor, CursorAdvance } from './seam/records.ts';
import type { CursorStore } from './seam/cursors.ts';
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
    const tuples = advances.map(({ userId, conversationId, deliveredSeq = 0, readSeq = 0, own }) => [
      userId,
      conversationId,
      deliveredSeq,
      readSeq,
      own?.from ?? 0,
      own?.to ?? 0,
    ]);
    await this.#engine.write(
      async (sql) => {
        const greatest = (a: string, b: string) => sql.dialect.greatest(a, b);
        const delivered = greatest('t.delivered_seq', 'v.delivered_seq');
        const own = `CASE WHEN ${delivered} >= v.own_from - 1 THEN v.own_to ELSE 0 END`;
        await raiseRows(sql, {
          table: 'offline_message',
          keys: ['user_id', 'conversation_id'],
          values: ['delivered_seq', 'read_seq', 'own_from', 'own_to'],
          set: { delivered_seq: greatest(delivered, own), read_seq: greatest('t.read_seq', 'v.read_seq') },
          tuples,
        });
      },
      { repeatable: true },
    );
  }
}
