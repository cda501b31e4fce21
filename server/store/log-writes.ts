import { entryParameters, insertEntries, PARAMETERS_PER_ENTRY } from './entry-rows.ts';
import { type HeadRow, toHead } from './head-rows.ts';
import { moveHeads } from './move-heads.ts';
import { findRepeats } from './repeats.ts';
import type { NewEntry } from './seam/entry.ts';
import type { LogWrites } from './seam/log.ts';
import type { ConversationHead, StoredSend } from './seam/records.ts';
import type { Sql } from './sql.ts';

/** The log's statements in one open transaction. */
export class SqlLogWrites implements LogWrites {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  async lock(conversationIds: readonly number[], held: 'skip' | 'wait'): Promise<ConversationHead[]> {
    const ascending = [...new Set(conversationIds)].sort((a, b) => a - b);
    const rows = await this.#sql.inChunks(ascending, 1, (ids) =>
      this.#sql.query<HeadRow>(this.#sql.dialect.lockHeads(ids.length, held), ids),
    );
    return rows.map(toHead).sort((a, b) => a.id - b.id);
  }

  findRepeats(keys: readonly { senderId: number; clientMessageId: string }[]): Promise<StoredSend[]> {
    return findRepeats(this.#sql, keys);
  }

  async append(entries: readonly NewEntry[], membershipChanged: readonly number[] = []): Promise<void> {
    await this.#sql.inChunks(entries, PARAMETERS_PER_ENTRY, async (chunk) => {
      await this.#sql.run(insertEntries(chunk.length), chunk.flatMap(entryParameters));
      return [];
    });
    await moveHeads(this.#sql, entries, membershipChanged);
  }

  async raiseMembersVersion(conversationId: number): Promise<void> {
    await this.#sql.run('UPDATE conversation SET members_version = members_version + 1 WHERE id = ?', [conversationId]);
  }
}
