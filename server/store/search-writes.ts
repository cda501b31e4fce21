import { entryKind } from './codes.ts';
import { placeholders } from './dialect.ts';
import type { EntryGrams, IndexedEntry, SearchWrites } from './seam/search.ts';
import type { Row, Sql } from './sql.ts';

const GRAM_COLUMNS = 4;
/** A statement of more rows takes longer than it saves. */
const ROWS_PER_STATEMENT = 1_000;

const LOCK = 'SELECT indexed_seq FROM search_progress WHERE conversation_id = ?';

const ENTRIES = 'SELECT seq, kind, target_seq, text, created_at FROM message WHERE conversation_id = ?';

interface IndexedRow extends Row {
  readonly seq: number;
  readonly kind: number;
  readonly target_seq: number | null;
  readonly text: string | null;
  readonly created_at: number;
}

/** The index's statements in one open transaction. */
export class SqlSearchWrites implements SearchWrites {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  async lock(conversationId: number, held: 'skip' | 'wait'): Promise<number | undefined> {
    const { forUpdate, skipLocked } = this.#sql.dialect;
    // Looked at first: a row that is locked can't be told from none by a read that skips it.
    const [there] = await this.#sql.query(LOCK, [conversationId]);
    if (there === undefined) {
      await this.#sql.run('INSERT INTO search_progress (conversation_id, indexed_seq) VALUES (?, 0)', [conversationId]);
      return 0;
    }
    const [locked] = await this.#sql.query<Row & { indexed_seq: number }>(
      LOCK + forUpdate + (held === 'skip' ? skipLocked : ''),
      [conversationId],
    );
    return locked?.indexed_seq;
  }

  async entriesAfter(conversationId: number, afterSeq: number, limit: number): Promise<IndexedEntry[]> {
    // Only as many as are committed: a read that locks would wait for those that are not.
    const [head] = await this.#sql.query<Row & { last_seq: number }>('SELECT last_seq FROM conversation WHERE id = ?', [
      conversationId,
    ]);
    const committed = Math.min(limit, (head?.last_seq ?? 0) - afterSeq);
    if (committed <= 0) return [];
    const rows = await this.#sql.query<IndexedRow>(
      `${ENTRIES} AND seq > ? ORDER BY seq LIMIT ?${this.#sql.dialect.forShare}`,
      [conversationId, afterSeq, committed],
    );
    return rows.map(toIndexed);
  }

  entries(conversationId: number, seqs: readonly number[]): Promise<IndexedEntry[]> {
    const ascending = [...new Set(seqs)].sort((a, b) => a - b);
    return this.#sql.inChunks(ascending, 1, async (chunk) => {
      const rows = await this.#sql.query<IndexedRow>(
        `${ENTRIES} AND seq IN (${placeholders(chunk.length)}) ORDER BY seq${this.#sql.dialect.forShare}`,
        [conversationId, ...chunk],
      );
      return rows.map(toIndexed);
    });
  }

  async replaceGrams(conversationId: number, entries: readonly EntryGrams[]): Promise<void> {
    const seqs = entries.map(({ seq }) => seq);
    await this.#sql.inChunks(seqs, 1, async (chunk) => {
      const among = placeholders(chunk.length);
      await this.#sql.run(`DELETE FROM message_gram WHERE conversation_id = ? AND seq IN (${among})`, [
        conversationId,
        ...chunk,
      ]);
      return [];
    });
    // In the order of the key: neighbours in the index are written together.
    const rows = entries
      .flatMap(({ seq, createdAt, grams }) => grams.map((gram) => ({ gram, seq, createdAt })))
      .sort((a, b) => a.gram - b.gram || a.seq - b.seq);
    const insert = async (chunk: readonly (typeof rows)[number][]) => {
      const tuples = Array<string>(chunk.length).fill('(?, ?, ?, ?)').join(', ');
      await this.#sql.run(
        `INSERT INTO message_gram (conversation_id, gram, seq, created_at) VALUES ${tuples}`,
        chunk.flatMap(({ gram, seq, createdAt }) => [conversationId, gram, seq, createdAt]),
      );
      return [];
    };
    await this.#sql.inChunks(rows, GRAM_COLUMNS, insert, ROWS_PER_STATEMENT);
  }

  async setProgress(conversationId: number, indexedSeq: number): Promise<void> {
    await this.#sql.run('UPDATE search_progress SET indexed_seq = ? WHERE conversation_id = ?', [
      indexedSeq,
      conversationId,
    ]);
  }
}

function toIndexed({ seq, kind, target_seq: targetSeq, text, created_at: createdAt }: IndexedRow): IndexedEntry {
  return {
    seq,
    createdAt,
    text: kind === entryKind.encode('content') ? text : null,
    editedSeq: kind === entryKind.encode('edit') ? targetSeq : null,
  };
}
