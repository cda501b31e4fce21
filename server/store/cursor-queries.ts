import { type FactsRow, toFacts } from './conversation-facts.ts';
import type { Engine } from './engine.ts';
import type { CursorStore, UserCursor } from './seam/cursors.ts';
import type { PageById } from './seam/page.ts';
import type { Cursor, CursorAdvance } from './seam/records.ts';
import type { Row } from './sql.ts';
import { raiseRows } from './update-rows.ts';

const GET = 'SELECT delivered_seq, read_seq FROM offline_message WHERE user_id = ? AND conversation_id = ?';

const CURSOR_COLUMNS = 'o.user_id, o.conversation_id, o.delivered_seq, o.read_seq';

interface CursorRow extends Row {
  readonly user_id: number;
  readonly conversation_id: number;
  readonly delivered_seq: number;
  readonly read_seq: number;
}

const MANY = `
  SELECT ${CURSOR_COLUMNS}, c.id, c.direct_key, c.group_id
  FROM offline_message o JOIN conversation c ON c.id = o.conversation_id
  WHERE `;

const OF_MEMBERS = `
  SELECT ${CURSOR_COLUMNS}
  FROM all_group g
  JOIN group_user p ON p.group_id = g.id AND p.left_seq IS NULL
  JOIN offline_message o ON o.user_id = p.user_id AND o.conversation_id = g.conversation_id
  WHERE g.id = ? AND p.user_id > ?
    AND EXISTS (SELECT 1 FROM group_user r WHERE r.group_id = g.id AND r.user_id = ? AND r.left_seq IS NULL)
  ORDER BY p.user_id LIMIT ?`;

const KEYS_PER_STATEMENT = 500;

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

  many(keys: Parameters<CursorStore['many']>[0]): ReturnType<CursorStore['many']> {
    const tuples = keys.map(({ userId, conversationId }) => [userId, conversationId] as const);
    return this.#engine.read(async (sql) => {
      const among = (count: number) => sql.dialect.amongTuples(['o.user_id', 'o.conversation_id'], count);
      const rows = await sql.inChunks(
        tuples,
        2,
        (chunk) => sql.query<CursorRow & FactsRow>(MANY + among(chunk.length), chunk.flat()),
        KEYS_PER_STATEMENT,
      );
      return rows.map((row) => ({ cursor: toUserCursor(row), facts: toFacts(row) }));
    });
  }

  ofMembers(readerId: number, groupId: number, page: PageById): Promise<UserCursor[]> {
    return this.#engine.read(async (sql) => {
      const rows = await sql.query<CursorRow>(OF_MEMBERS, [groupId, page.afterId, readerId, page.limit]);
      return rows.map(toUserCursor);
    });
  }
}

function toUserCursor(row: CursorRow): UserCursor {
  return {
    userId: row.user_id,
    conversationId: row.conversation_id,
    deliveredSeq: row.delivered_seq,
    readSeq: row.read_seq,
  };
}
