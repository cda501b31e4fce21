import type { GroupRecord, GroupRole, JoinPolicy, MemberRecord, UserRecord } from './records.ts';
import type { PageById } from './page.ts';

export interface GroupStore {
  byId(id: number): Promise<GroupRecord | undefined>;
  /** The group that this user made with this request id, and the hash of that request (see Transaction.insertGroup). */
  byRequestId(ownerId: number, requestId: string): Promise<{ group: GroupRecord; requestHash: Uint8Array } | undefined>;
  /** The open period of a user's membership. */
  member(groupId: number, userId: number): Promise<MemberRecord | undefined>;
  /** The groups that the user is a member of, with their role, by group id. */
  list(userId: number, page: PageById): Promise<{ group: GroupRecord; role: GroupRole }[]>;
  /** Open memberships, by user id. */
  members(groupId: number, page: PageById): Promise<{ user: UserRecord; member: MemberRecord }[]>;
}

/** What a transaction does with groups, under the lock of the group's conversation. */
export interface GroupWrites {
  byId(groupId: number): Promise<GroupRecord | undefined>;
  /** Open memberships of groups, by group id. */
  members(groupIds: readonly number[]): Promise<Map<number, MemberRecord[]>>;
  /**
   * Makes a group and its (empty, locked) conversation.
   *
   * @throws DuplicateKey when the owner has used the request id before.
   */
  insert(group: {
    name: string;
    description: string;
    ownerId: number;
    memberLimit: number;
    joinPolicy: JoinPolicy;
    createdAt: number;
    requestId: string | null;
    requestHash: Uint8Array | null;
  }): Promise<{ groupId: number; conversationId: number }>;
  /**
   * Opens a period of membership at `joinedSeq`, and raises (or makes) the cursor to joinedSeq − 1; delivered_seq only
   * if nothing of an earlier period is still to be delivered.
   */
  openPeriod(groupId: number, userId: number, joinedSeq: number, role: GroupRole, at: number): Promise<void>;
  /** Closes the open period at `leftSeq`. */
  closePeriod(groupId: number, userId: number, leftSeq: number, at: number): Promise<void>;
}
