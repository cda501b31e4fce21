import type { GroupRecord, GroupRole, JoinPolicy, MemberRecord, UserRecord } from './records.ts';
import type { PageById } from './page.ts';

/** What of a group can be changed. */
export interface GroupSettings {
  readonly name: string;
  readonly description: string;
  readonly memberLimit: number;
  readonly joinPolicy: JoinPolicy;
  readonly historyVisible: boolean;
}

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
  /** How many open memberships each of the groups has; 0 for one that does not exist. */
  memberCounts(groupIds: readonly number[]): Promise<Map<number, number>>;
  /** Who asks to join a group, and since when, by user id. */
  joinRequests(groupId: number, page: PageById): Promise<{ user: UserRecord; createdAt: number }[]>;
  /** The ids of the groups that the user asks to join. */
  requestedBy(userId: number, page: PageById): Promise<number[]>;
}

/**
 * What a transaction does with groups, under the lock of the group's conversation. Every change of a period notes the
 * database's time: see LogStore.activeSince.
 */
export interface GroupWrites {
  byId(groupId: number): Promise<GroupRecord | undefined>;
  /** Open memberships of groups, by group id. */
  members(groupIds: readonly number[]): Promise<Map<number, MemberRecord[]>>;
  /**
   * Makes a group and its (empty, locked) conversation.
   *
   * @throws DuplicateKey when the owner has used the request id before.
   */
  insert(
    group: GroupSettings & {
      ownerId: number;
      createdAt: number;
      requestId: string | null;
      requestHash: Uint8Array | null;
    },
  ): Promise<{ groupId: number; conversationId: number }>;
  /** Changes a group; what is left out stays. */
  update(groupId: number, changes: Partial<GroupSettings & { readonly ownerId: number }>): Promise<void>;
  /**
   * Opens a period of membership at `joinedSeq`, and raises (or makes) the cursor to joinedSeq − 1; delivered_seq only
   * if nothing of an earlier period is still to be delivered.
   */
  openPeriod(groupId: number, userId: number, joinedSeq: number, role: GroupRole): Promise<void>;
  /** Closes the open period at `leftSeq`. */
  closePeriod(groupId: number, userId: number, leftSeq: number): Promise<void>;
  /** Closes every open period of a group at `leftSeq`. */
  closePeriods(groupId: number, leftSeq: number): Promise<void>;
  /** Gives the open period another role. */
  setRole(groupId: number, userId: number, role: GroupRole): Promise<void>;
  /** How many ask to join a group, and whether this user is one of them. */
  joinRequests(groupId: number, userId: number): Promise<{ waiting: number; asked: boolean }>;
  /** @throws DuplicateKey when the user asks already. */
  addJoinRequest(groupId: number, userId: number, at: number): Promise<void>;
  /** Drops the request of one user, or every one. */
  dropJoinRequests(groupId: number, userId?: number): Promise<void>;
}
