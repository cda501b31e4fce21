import { groupRole } from './codes.ts';
import { placeholders } from './dialect.ts';
import type { Engine } from './engine.ts';
import {
  GROUP_COLUMNS,
  type GroupRow,
  MEMBER_COLUMNS,
  type MemberRow,
  toGroupRecord,
  toMemberRecord,
} from './group-rows.ts';
import type { GroupRecord, MemberRecord } from './seam/records.ts';
import type { GroupStore } from './seam/groups.ts';
import type { PageById } from './seam/page.ts';
import { toUserRecord, USER_COLUMNS, type UserRow } from './user-rows.ts';
import { uuidToBytes } from './uuid.ts';

const BY_ID = `SELECT ${GROUP_COLUMNS} FROM all_group g WHERE g.id = ?`;

const BY_REQUEST = `
  SELECT ${GROUP_COLUMNS}, g.request_hash FROM all_group g
  WHERE g.creator_id = ? AND g.request_id = ? AND g.request_hash IS NOT NULL`;

const MEMBER = `
  SELECT ${MEMBER_COLUMNS} FROM group_user p WHERE p.group_id = ? AND p.user_id = ? AND p.left_seq IS NULL`;

const LIST = `
  SELECT ${GROUP_COLUMNS}, p.role
  FROM group_user p JOIN all_group g ON g.id = p.group_id
  WHERE p.user_id = ? AND p.left_seq IS NULL AND p.group_id > ?
  ORDER BY p.group_id LIMIT ?`;

const MEMBERS = `
  SELECT ${MEMBER_COLUMNS}, ${USER_COLUMNS}
  FROM group_user p JOIN user u ON u.id = p.user_id
  WHERE p.group_id = ? AND p.left_seq IS NULL AND p.user_id > ?
  ORDER BY p.user_id LIMIT ?`;

const JOIN_REQUESTS = `
  SELECT r.created_at AS asked_at, ${USER_COLUMNS}
  FROM join_request r JOIN user u ON u.id = r.user_id
  WHERE r.group_id = ? AND r.user_id > ?
  ORDER BY r.user_id LIMIT ?`;

const REQUESTED_BY = `
  SELECT r.group_id FROM join_request r WHERE r.user_id = ? AND r.group_id > ? ORDER BY r.group_id LIMIT ?`;

export class GroupQueries implements GroupStore {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  byId(id: number): Promise<GroupRecord | undefined> {
    return this.#engine.read(async (sql) => {
      const [row] = await sql.query<GroupRow>(BY_ID, [id]);
      return row && toGroupRecord(row);
    });
  }

  byRequestId(ownerId: number, requestId: string): ReturnType<GroupStore['byRequestId']> {
    return this.#engine.read(async (sql) => {
      const parameters = [ownerId, uuidToBytes(requestId)];
      const [row] = await sql.query<GroupRow & { request_hash: Buffer }>(BY_REQUEST, parameters);
      return row && { group: toGroupRecord(row), requestHash: row.request_hash };
    });
  }

  member(groupId: number, userId: number): Promise<MemberRecord | undefined> {
    return this.#engine.read(async (sql) => {
      const [row] = await sql.query<MemberRow>(MEMBER, [groupId, userId]);
      return row && toMemberRecord(row);
    });
  }

  list(userId: number, page: PageById): ReturnType<GroupStore['list']> {
    return this.#engine.read(async (sql) => {
      const rows = await sql.query<GroupRow & { role: number }>(LIST, [userId, page.afterId, page.limit]);
      return rows.map((row) => ({ group: toGroupRecord(row), role: groupRole.decode(row.role) }));
    });
  }

  members(groupId: number, page: PageById): ReturnType<GroupStore['members']> {
    return this.#engine.read(async (sql) => {
      const parameters = [groupId, page.afterId, page.limit];
      const rows = await sql.query<MemberRow & UserRow>(MEMBERS, parameters);
      return rows.map((row) => ({
        user: toUserRecord(row),
        member: toMemberRecord(row),
      }));
    });
  }

  memberCounts(groupIds: readonly number[]): Promise<Map<number, number>> {
    return this.#engine.read(async (sql) => {
      const counts = new Map(groupIds.map((id) => [id, 0]));
      const rows = await sql.inChunks([...counts.keys()], 1, (ids) =>
        sql.query<{ group_id: number; members: number }>(
          `SELECT p.group_id, COUNT(*) AS members FROM group_user p
           WHERE p.group_id IN (${placeholders(ids.length)}) AND p.left_seq IS NULL GROUP BY p.group_id`,
          ids,
        ),
      );
      for (const row of rows) counts.set(row.group_id, row.members);
      return counts;
    });
  }

  joinRequests(groupId: number, page: PageById): ReturnType<GroupStore['joinRequests']> {
    return this.#engine.read(async (sql) => {
      const parameters = [groupId, page.afterId, page.limit];
      const rows = await sql.query<UserRow & { asked_at: number }>(JOIN_REQUESTS, parameters);
      return rows.map((row) => ({ user: toUserRecord(row), createdAt: row.asked_at }));
    });
  }

  requestedBy(userId: number, page: PageById): Promise<number[]> {
    return this.#engine.read(async (sql) => {
      const rows = await sql.query<{ group_id: number }>(REQUESTED_BY, [userId, page.afterId, page.limit]);
      return rows.map((row) => row.group_id);
    });
  }
}
