import { conversationKind, groupRole, joinPolicy } from './codes.ts';
import { placeholders } from './dialect.ts';
import {
  GROUP_COLUMNS,
  type GroupRow,
  MEMBER_COLUMNS,
  type MemberRow,
  toGroupRecord,
  toMemberRecord,
} from './group-rows.ts';
import type { GroupWrites } from './seam/groups.ts';
import type { GroupRecord, GroupRole, MemberRecord } from './seam/records.ts';
import type { Sql } from './sql.ts';
import { raiseRows } from './update-rows.ts';
import { uuidToBytes } from './uuid.ts';

/** The groups' statements in one open transaction. */
export class SqlGroupWrites implements GroupWrites {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  async byId(groupId: number): Promise<GroupRecord | undefined> {
    const [row] = await this.#sql.query<GroupRow>(`SELECT ${GROUP_COLUMNS} FROM all_group g WHERE g.id = ?`, [groupId]);
    return row && toGroupRecord(row);
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

  async insert(group: Parameters<GroupWrites['insert']>[0]): Promise<{ groupId: number; conversationId: number }> {
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
}
