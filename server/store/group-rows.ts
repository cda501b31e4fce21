import { groupRole, joinPolicy } from './codes.ts';
import type { GroupRecord, MemberRecord } from './seam/records.ts';
import type { Row } from './sql.ts';

/** The columns of a group `g`, for toGroupRecord. */
export const GROUP_COLUMNS = `
  g.id, g.name, g.description, g.owner_id, g.conversation_id, g.member_limit, g.join_policy, g.history_visible,
  g.created_at,
  (SELECT COUNT(*) FROM group_user o WHERE o.group_id = g.id AND o.left_seq IS NULL) AS member_count`;

export interface GroupRow extends Row {
  readonly id: number;
  readonly name: string;
  readonly description: string;
  readonly owner_id: number;
  readonly conversation_id: number;
  readonly member_limit: number;
  readonly join_policy: number;
  readonly history_visible: number;
  readonly created_at: number;
  readonly member_count: number;
}

export function toGroupRecord(row: GroupRow): GroupRecord {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    ownerId: row.owner_id,
    conversationId: row.conversation_id,
    memberLimit: row.member_limit,
    joinPolicy: joinPolicy.decode(row.join_policy),
    historyVisible: row.history_visible === 1,
    createdAt: row.created_at,
    memberCount: row.member_count,
  };
}

/** The columns of a period of membership `p`, for toMemberRecord. */
export const MEMBER_COLUMNS = 'p.user_id, p.joined_seq, p.left_seq, p.role';

export interface MemberRow extends Row {
  readonly user_id: number;
  readonly joined_seq: number;
  readonly left_seq: number | null;
  readonly role: number;
}

export function toMemberRecord(row: MemberRow): MemberRecord {
  return {
    userId: row.user_id,
    joinedSeq: row.joined_seq,
    leftSeq: row.left_seq,
    role: groupRole.decode(row.role),
  };
}
