import type { Engine } from './engine.ts';
import { readCandidates } from './search-candidates.ts';
import type { PageById } from './seam/page.ts';
import type { CandidatePage, CandidateQuery, IndexProgress, SearchStore } from './seam/search.ts';
import type { Row } from './sql.ts';

const BEHIND = (now: string) => `
  SELECT n.database_now, b.id
  FROM (SELECT ${now} AS database_now) n
  LEFT JOIN (
    SELECT c.id FROM conversation c LEFT JOIN search_progress p ON p.conversation_id = c.id
    WHERE c.last_activity >= ? AND c.last_seq > COALESCE(p.indexed_seq, 0)
  ) b ON 1 = 1`;

const PROGRESS = `
  SELECT c.id, c.last_seq, COALESCE(p.indexed_seq, 0) AS indexed_seq
  FROM conversation c LEFT JOIN search_progress p ON p.conversation_id = c.id
  WHERE c.id > ? ORDER BY c.id LIMIT ?`;

interface ProgressRow extends Row {
  readonly id: number;
  readonly last_seq: number;
  readonly indexed_seq: number;
}

export class SearchQueries implements SearchStore {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  candidates(userId: number, query: CandidateQuery): Promise<CandidatePage> {
    return this.#engine.read((sql) => readCandidates(sql, userId, query));
  }

  behindSince(since: number | null): Promise<{ databaseNow: number; conversationIds: number[] }> {
    return this.#engine.read(async (sql) => {
      // A bound beyond any time finds nothing, and the time comes all the same.
      const rows = await sql.query<Row & { database_now: number; id: number | null }>(BEHIND(sql.dialect.nowMs), [
        since ?? Number.MAX_SAFE_INTEGER,
      ]);
      return {
        databaseNow: rows[0]!.database_now,
        conversationIds: rows.flatMap(({ id }) => (id === null ? [] : [id])),
      };
    });
  }

  progress({ afterId, limit }: PageById): Promise<IndexProgress[]> {
    return this.#engine.read(async (sql) => {
      const rows = await sql.query<ProgressRow>(PROGRESS, [afterId, limit]);
      return rows.map((row) => ({ conversationId: row.id, lastSeq: row.last_seq, indexedSeq: row.indexed_seq }));
    });
  }
}
