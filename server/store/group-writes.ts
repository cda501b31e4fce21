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
import type { Parameter, Sql } from './sql.ts';
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
         (name, description, owner_id, creator_id, conversation_id, member_limit, join_policy, history_visible,
          request_id, request_hash, created_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      [
        group.name,
        group.description,
        group.ownerId,
        group.ownerId,
        conversation.insertId,
        group.memberLimit,
        joinPolicy.encode(group.joinPolicy),
        group.historyVisible ? 1 : 0,
        group.requestId === null ? null : uuidToBytes(group.requestId),
        group.requestHash,
        group.createdAt,
      ],
    );
    const ids = { groupId: inserted.insertId, conversationId: conversation.insertId };
    await this.#sql.run('UPDATE conversation SET group_id = ? WHERE id = ?', [ids.groupId, ids.conversationId]);
    return ids;
  }

  async update(groupId: number, changes: Parameters<GroupWrites['update']>[1]): Promise<void> {
    const columns = Object.entries(updatedColumns(changes));
    const set = columns.flatMap(([column, value]) => (value === undefined ? [] : [{ column, value }]));
    if (set.length === 0) return;
    await this.#sql.run(`UPDATE all_group SET ${set.map(({ column }) => `${column} = ?`).join(', ')} WHERE id = ?`, [
      ...set.map(({ value }) => value),
      groupId,
    ]);
  }

  async openPeriod(groupId: number, userId: number, joinedSeq: number, role: GroupRole): Promise<void> {
    await this.#sql.run(
      `INSERT INTO group_user (group_id, user_id, joined_seq, left_seq, role, changed_at)
       VALUES (?, ?, ?, NULL, ?, ${this.#sql.dialect.nowMs})`,
      [groupId, userId, joinedSeq, groupRole.encode(role)],
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

  closePeriod(groupId: number, userId: number, leftSeq: number): Promise<void> {
    return this.#changePeriods('left_seq = ?', 'group_id = ? AND user_id = ?', [leftSeq, groupId, userId]);
  }

  closePeriods(groupId: number, leftSeq: number): Promise<void> {
    return this.#changePeriods('left_seq = ?', 'group_id = ?', [leftSeq, groupId]);
  }

  setRole(groupId: number, userId: number, role: GroupRole): Promise<void> {
    return this.#changePeriods('role = ?', 'group_id = ? AND user_id = ?', [groupRole.encode(role), groupId, userId]);
  }

  async joinRequests(groupId: number, userId: number): Promise<{ waiting: number; asked: boolean }> {
    const [row] = await this.#sql.query<{ waiting: number; asked: number }>(
      'SELECT COUNT(*) AS waiting, COUNT(CASE WHEN user_id = ? THEN 1 END) AS asked FROM join_request WHERE group_id = ?',
      [userId, groupId],
    );
    return { waiting: row!.waiting, asked: row!.asked > 0 };
  }

  async addJoinRequest(groupId: number, userId: number, at: number): Promise<void> {
    const row = [groupId, userId, at];
    await this.#sql.run('INSERT INTO join_request (group_id, user_id, created_at) VALUES (?, ?, ?)', row);
  }

  async dropJoinRequests(groupId: number, userId?: number): Promise<void> {
    const everyOne = 'DELETE FROM join_request WHERE group_id = ?';
    if (userId === undefined) await this.#sql.run(everyOne, [groupId]);
    else await this.#sql.run(`${everyOne} AND user_id = ?`, [groupId, userId]);
  }

  /** Changes open periods, at the database's time. */
  async #changePeriods(set: string, which: string, parameters: readonly Parameter[]): Promise<void> {
    await this.#sql.run(
      `UPDATE group_user SET ${set}, changed_at = ${this.#sql.dialect.nowMs} WHERE ${which} AND left_seq IS NULL`,
      parameters,
    );
  }
}

function updatedColumns(changes: Parameters<GroupWrites['update']>[1]): Record<string, Parameter | undefined> {
  return {
    name: changes.name,
    description: changes.description,
    owner_id: changes.ownerId,
    member_limit: changes.memberLimit,
    join_policy: changes.joinPolicy && joinPolicy.encode(changes.joinPolicy),
    history_visible: changes.historyVisible === undefined ? undefined : Number(changes.historyVisible),
  };
}
