import { entryParameters, insertEntries, PARAMETERS_PER_ENTRY } from './entry-rows.ts';
import { readEntry } from './entry-page.ts';
import { type HeadRow, toHead } from './head-rows.ts';
import { moveHeads } from './move-heads.ts';
import { eraseContent, replaceContent } from './change-content.ts';
import { readEmoji, writeReaction } from './reaction-rows.ts';
import { findRepeats } from './repeats.ts';
import type { Entry, NewEntry } from './seam/entry.ts';
import type { ContentEdit, EntryKey, LogWrites, ReactionEmoji } from './seam/log.ts';
import type { ConversationHead, StoredSend } from './seam/records.ts';
import type { Sql } from './sql.ts';
import { readVisibleEntry } from './visible-entries.ts';

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

  entry(conversationId: number, seq: number): Promise<Entry | undefined> {
    return readEntry(this.#sql, conversationId, seq);
  }

  visibleEntry(userId: number, conversationId: number, seq: number): Promise<Entry | undefined> {
    return readVisibleEntry(this.#sql, userId, conversationId, seq);
  }

  replaceContent(edit: ContentEdit): Promise<void> {
    return replaceContent(this.#sql, edit);
  }

  eraseContent(message: EntryKey, recallSeq: number, at: number): Promise<void> {
    return eraseContent(this.#sql, message, recallSeq, at);
  }

  emojiOn(message: EntryKey, userId: number): Promise<ReactionEmoji[]> {
    return readEmoji(this.#sql, message, userId);
  }

  setReaction(message: EntryKey, userId: number, emoji: string, seq: number | null): Promise<void> {
    return writeReaction(this.#sql, message, userId, emoji, seq);
  }

  async raiseMembersVersion(conversationId: number): Promise<void> {
    await this.#sql.run('UPDATE conversation SET members_version = members_version + 1 WHERE id = ?', [conversationId]);
  }
}
