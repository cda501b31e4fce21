import type { Bus } from '../bus/bus.ts';
import type { Clock } from '../lib/clock.ts';
import type { GroupRecord, GroupRole, MemberRecord, UserRecord } from '../store/seam/records.ts';
import type { PageById } from '../store/seam/page.ts';
import type { Store } from '../store/seam/store.ts';
import type { Events } from '../telemetry/events.ts';
import { groupNotFound } from './group-rules.ts';
import { checkPermission, type GroupAction } from './permissions.ts';

export interface GroupsParts {
  readonly store: Store;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly events: Events;
}

/** A group as one user sees it: `role` is null for those who are not members. */
export interface GroupView {
  readonly group: GroupRecord;
  readonly role: GroupRole | null;
}

/** What there is of groups, for one user's eyes. */
export class Groups {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** A group that the user is a member of, or could join. @throws DomainError GROUP_NOT_FOUND */
  async view(userId: number, groupId: number): Promise<GroupView> {
    const group = await this.#store.groups.byId(groupId);
    if (group === undefined) throw groupNotFound();
    const role = (await this.#store.groups.member(groupId, userId))?.role ?? null;
    checkPermission('getGroup', { group, rank: role ?? 'stranger' });
    return { group, role };
  }

  list(userId: number, page: PageById): Promise<{ group: GroupRecord; role: GroupRole }[]> {
    return this.#store.groups.list(userId, page);
  }

  /** @throws DomainError GROUP_NOT_FOUND for everybody but members */
  async members(
    userId: number,
    groupId: number,
    page: PageById,
  ): Promise<{ user: UserRecord; member: MemberRecord }[]> {
    await this.#check('listMembers', userId, groupId);
    return this.#store.groups.members(groupId, page);
  }

  /** Who waits for an admin. @throws DomainError GROUP_NOT_FOUND, ROLE_INSUFFICIENT */
  async joinRequests(
    userId: number,
    groupId: number,
    page: PageById,
  ): Promise<{ user: UserRecord; createdAt: number }[]> {
    await this.#check('listJoinRequests', userId, groupId);
    return this.#store.groups.joinRequests(groupId, page);
  }

  async #check(action: GroupAction, userId: number, groupId: number): Promise<void> {
    const { groups } = this.#store;
    const [group, member] = await Promise.all([groups.byId(groupId), groups.member(groupId, userId)]);
    if (group === undefined) throw groupNotFound();
    checkPermission(action, { group, rank: member?.role ?? 'stranger' });
  }
}

/** @throws DomainError GROUP_NOT_FOUND */
export async function conversationOfGroup(store: Store, groupId: number): Promise<number> {
  const facts = await store.log.ofGroup(groupId);
  if (facts === undefined) throw groupNotFound();
  return facts.id;
}
