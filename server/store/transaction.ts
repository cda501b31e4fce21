import { conversationKind, friendStatus, groupRole, joinPolicy } from './codes.ts';
import { placeholders } from './dialect.ts';
import { entryParameters, insertEntries, PARAMETERS_PER_ENTRY } from './entry-rows.ts';
import {
  GROUP_COLUMNS,
  type GroupRow,
  MEMBER_COLUMNS,
  type MemberRow,
  toGroupRecord,
  toMemberRecord,
} from './group-rows.ts';
import { type HeadRow, toHead } from './head-rows.ts';
import { moveHeads } from './move-heads.ts';
import type {
  ConversationHead,
  FriendRow,
  FriendStatus,
  GroupRecord,
  GroupRole,
  MemberRecord,
  NewEntry,
  StoredSend,
  UserRecord,
} from './records.ts';
import { findRepeats } from './repeats.ts';
import type { Sql } from './sql.ts';
import type { Transaction } from './store.ts';
import { raiseRows } from './update-rows.ts';
import { usersById } from './user-rows.ts';
import { uuidToBytes } from './uuid.ts';

const PAIRS_PER_STATEMENT = 1_000;

/** The statements of one open transaction. */
export class SqlTransaction implements Transaction {
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

  async friendRows(pairs: readonly (readonly [number, number])[]): Promise<FriendRow[]> {
    const directed = new Map(
      pairs.flatMap(([a, b]) => [
        [`${a}:${b}`, [a, b]],
        [`${b}:${a}`, [b, a]],
      ]),
    );
    const rows = await this.#sql.inChunks(
      [...directed.values()],
      2,
      (chunk) =>
        this.#sql.query<{ user_id: number; friend_id: number; status: number; created_at: number }>(
          'SELECT user_id, friend_id, status, created_at FROM friend WHERE ' +
            this.#sql.dialect.amongTuples(['user_id', 'friend_id'], chunk.length),
          chunk.flat(),
        ),
      PAIRS_PER_STATEMENT,
    );
    return rows.map((row) => ({
      userId: row.user_id,
      friendId: row.friend_id,
      status: friendStatus.decode(row.status),
      createdAt: row.created_at,
    }));
  }

  async setFriend(userId: number, friendId: number, status: FriendStatus | null, at: number): Promise<void> {
    if (status === null) {
      await this.#sql.run('DELETE FROM friend WHERE user_id = ? AND friend_id = ?', [userId, friendId]);
      return;
    }
    const row = [friendStatus.encode(status), at, userId, friendId];
    const update = 'UPDATE friend SET status = ?, created_at = ? WHERE user_id = ? AND friend_id = ?';
    if ((await this.#sql.run(update, row)).affected > 0) return;
    await this.#sql.run('INSERT INTO friend (status, created_at, user_id, friend_id) VALUES (?, ?, ?, ?)', row);
  }

  async members(groupIds: readonly number[]): Promise<Map<number, MemberRecord[]>> {
    const members = new Map<number, MemberRecord[]>(groupIds.map((id) => [id, []]));
    const rows = await this.#sql.inChunks([...members.keys()], 1, (ids) =>
      this.#sql.query<MemberRow & { group_id: number }>(
        `SELECT p.group_id, ${MEMBER_COLUMNS} FROM group_user p
         WHERE p.group_id IN (${placeholders(ids.length)}) AND p.left_seq IS NULL`,
        ids,
      ),
    );
    for (const row of rows) members.get(row.group_id)?.push(toMemberRecord(row));
    return members;
  }

  async group(groupId: number): Promise<GroupRecord | undefined> {
    const [row] = await this.#sql.query<GroupRow>(`SELECT ${GROUP_COLUMNS} FROM all_group g WHERE g.id = ?`, [groupId]);
    return row && toGroupRecord(row);
  }

  async insertGroup(
    group: Parameters<Transaction['insertGroup']>[0],
  ): Promise<{ groupId: number; conversationId: number }> {
    const kind = conversationKind.encode('group');
    const conversation = await this.#sql.run('INSERT INTO conversation (kind) VALUES (?)', [kind]);
    const inserted = await this.#sql.run(
      `INSERT INTO all_group
         (name, description, owner_id, creator_id, conversation_id, member_limit, join_policy, request_id,
          request_hash, created_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      [
        group.name,
        group.description,
        group.ownerId,
        group.ownerId,
        conversation.insertId,
        group.memberLimit,
        joinPolicy.encode(group.joinPolicy),
        group.requestId === null ? null : uuidToBytes(group.requestId),
        group.requestHash,
        group.createdAt,
      ],
    );
    const ids = { groupId: inserted.insertId, conversationId: conversation.insertId };
    await this.#sql.run('UPDATE conversation SET group_id = ? WHERE id = ?', [ids.groupId, ids.conversationId]);
    return ids;
  }

  async openPeriod(groupId: number, userId: number, joinedSeq: number, role: GroupRole, at: number): Promise<void> {
    await this.#sql.run(
      'INSERT INTO group_user (group_id, user_id, joined_seq, left_seq, role, changed_at) VALUES (?, ?, ?, NULL, ?, ?)',
      [groupId, userId, joinedSeq, groupRole.encode(role), at],
    );
    const seqBefore = joinedSeq - 1;
    const [group] = await this.#sql.query<{ conversation_id: number }>(
      'SELECT conversation_id FROM all_group WHERE id = ?',
      [groupId],
    );
    const cursor = [userId, group!.conversation_id];
    const [present] = await this.#sql.query<{ delivered_seq: number }>(
      'SELECT delivered_seq FROM offline_message WHERE user_id = ? AND conversation_id = ?',
      cursor,
    );
    if (present) {
      const pending = await this.#sql.query(
        'SELECT joined_seq FROM group_user WHERE group_id = ? AND user_id = ? AND left_seq > ?',
        [groupId, userId, present.delivered_seq],
      );
      // What of an earlier period is still to be delivered would be passed over.
      const deliveredSeq = pending.length > 0 ? present.delivered_seq : seqBefore;
      const tuples = [[...cursor, deliveredSeq, seqBefore]];
      const keys = ['user_id', 'conversation_id'];
      await raiseRows(this.#sql, { table: 'offline_message', keys, values: ['delivered_seq', 'read_seq'], tuples });
    } else {
      await this.#sql.run(
        'INSERT INTO offline_message (user_id, conversation_id, delivered_seq, read_seq) VALUES (?, ?, ?, ?)',
        [...cursor, seqBefore, seqBefore],
      );
    }
  }

  async closePeriod(groupId: number, userId: number, leftSeq: number, at: number): Promise<void> {
    await this.#sql.run(
      'UPDATE group_user SET left_seq = ?, changed_at = ? WHERE group_id = ? AND user_id = ? AND left_seq IS NULL',
      [leftSeq, at, groupId, userId],
    );
  }

  async user(userId: number): Promise<UserRecord | undefined> {
    return (await usersById(this.#sql, [userId])).get(userId);
  }
}
