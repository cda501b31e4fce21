import { randomUUIDv7 } from 'node:crypto';
import { Group as WireGroup } from '../../proto/gen/parley/v1/group.pb.ts';
import { GroupServiceClient } from '../../proto/gen/parley/v1/group_service.pb.ts';
import type { Group, GroupMember, JoinPolicy, JoinRequest, Page, PageOptions } from './types.ts';
import type { UnaryCaller, UnaryOptions } from './unary-caller.ts';
import { fromGroupRole, fromJoinPolicy } from './wire-enums.ts';
import { toAccountAndTime, toGroup, toGroupMember, toInt64 } from './wire.ts';

/** What a new group is like. */
export interface NewGroup {
  /** 1 to 64 characters; need not be unique. */
  readonly name: string;
  /** At most 512 characters. */
  readonly description?: string;
  /** Default: `open`. */
  readonly joinPolicy?: JoinPolicy;
  /** 2 to 500. Default: 500. */
  readonly memberLimit?: number;
  /** Whether new members may read what was sent before they joined. Default: false. */
  readonly historyVisible?: boolean;
  /** A UUID: a retry with the same one makes no second group. Default: a new one. */
  readonly requestId?: string;
}

/** What can be changed of a group; what is not given stays. */
export interface GroupChanges {
  readonly name?: string;
  readonly description?: string;
  readonly memberLimit?: number;
  readonly joinPolicy?: JoinPolicy;
  readonly historyVisible?: boolean;
}

const MASK_PATHS = {
  name: 'name',
  description: 'description',
  memberLimit: 'member_limit',
  joinPolicy: 'join_policy',
  historyVisible: 'history_visible',
} as const satisfies Record<keyof GroupChanges, string>;

/** Groups and who is in them. The errors of each method are those of its rpc in `group_service.proto`, as ParleyError. */
export class GroupsApi {
  readonly #caller: UnaryCaller;
  readonly #service: GroupServiceClient;

  constructor(caller: UnaryCaller) {
    this.#caller = caller;
    this.#service = caller.service(GroupServiceClient);
  }

  /** Makes a group with the caller as its owner. */
  async create(group: NewGroup, options?: UnaryOptions): Promise<Group> {
    const service = this.#service;
    const request = {
      name: group.name,
      description: group.description ?? '',
      joinPolicy: fromJoinPolicy(group.joinPolicy),
      memberLimit: group.memberLimit ?? 0,
      historyVisible: group.historyVisible ?? false,
      requestId: group.requestId ?? randomUUIDv7(),
    };
    return required(await this.#caller.call(service.createGroup.bind(service), request, options));
  }

  /** Gives a group that the caller is a member of, or that is open to join. */
  async get(groupId: number, options?: UnaryOptions): Promise<Group> {
    const service = this.#service;
    return required(await this.#caller.call(service.getGroup.bind(service), { groupId: toInt64(groupId) }, options));
  }

  /** Changes a group, the fields that are given. For admins. */
  async update(groupId: number, changes: GroupChanges, options?: UnaryOptions): Promise<Group> {
    const service = this.#service;
    const { joinPolicy, ...plain } = changes;
    const group = WireGroup.fromPartial({ ...plain, id: toInt64(groupId), joinPolicy: fromJoinPolicy(joinPolicy) });
    const given = (Object.keys(MASK_PATHS) as (keyof GroupChanges)[]).filter((field) => changes[field] !== undefined);
    const request = { group, updateMask: given.map((field) => MASK_PATHS[field]) };
    return required(await this.#caller.call(service.updateGroup.bind(service), request, options));
  }

  /** Deletes a group. For the owner. */
  async delete(groupId: number, options?: UnaryOptions): Promise<void> {
    const service = this.#service;
    await this.#caller.call(service.deleteGroup.bind(service), { groupId: toInt64(groupId) }, options);
  }

  /** Joins an open group, or asks to join one that wants an approval (`pending`). A no-op for members. */
  async join(groupId: number, options?: UnaryOptions): Promise<Group & { readonly pending: boolean }> {
    const service = this.#service;
    const response = await this.#caller.call(service.joinGroup.bind(service), { groupId: toInt64(groupId) }, options);
    return { ...required(response), pending: response.pending };
  }

  /** Leaves a group. A no-op for those who left. */
  async leave(groupId: number, options?: UnaryOptions): Promise<void> {
    const service = this.#service;
    await this.#caller.call(service.leaveGroup.bind(service), { groupId: toInt64(groupId) }, options);
  }

  /** Makes a user a member. A no-op for members. */
  async invite(groupId: number, userId: number, options?: UnaryOptions): Promise<void> {
    const service = this.#service;
    const request = { groupId: toInt64(groupId), userId: toInt64(userId) };
    await this.#caller.call(service.inviteMember.bind(service), request, options);
  }

  /** Removes a member. For admins. */
  async removeMember(groupId: number, userId: number, options?: UnaryOptions): Promise<void> {
    const service = this.#service;
    const request = { groupId: toInt64(groupId), userId: toInt64(userId) };
    await this.#caller.call(service.removeMember.bind(service), request, options);
  }

  /** Makes a member an admin, or an admin a member. For the owner. */
  async setRole(groupId: number, userId: number, role: 'member' | 'admin', options?: UnaryOptions): Promise<void> {
    const service = this.#service;
    const request = { groupId: toInt64(groupId), userId: toInt64(userId), role: fromGroupRole(role) };
    await this.#caller.call(service.setMemberRole.bind(service), request, options);
  }

  /** Makes another member the owner; the caller becomes an admin. */
  async transferOwnership(groupId: number, userId: number, options?: UnaryOptions): Promise<void> {
    const service = this.#service;
    const request = { groupId: toInt64(groupId), userId: toInt64(userId) };
    await this.#caller.call(service.transferOwnership.bind(service), request, options);
  }

  /** Lists the groups that the caller is a member of, by id. */
  async list(page: PageOptions = {}, options?: UnaryOptions): Promise<Page<Group>> {
    const service = this.#service;
    const request = { pageSize: page.pageSize ?? 0, pageToken: page.pageToken ?? '' };
    const response = await this.#caller.call(service.listGroups.bind(service), request, options);
    return { items: response.groups.map(toGroup), nextPageToken: response.nextPageToken };
  }

  /** Lists the members of a group, by user id. For members. */
  async listMembers(groupId: number, page: PageOptions = {}, options?: UnaryOptions): Promise<Page<GroupMember>> {
    const service = this.#service;
    const request = { groupId: toInt64(groupId), pageSize: page.pageSize ?? 0, pageToken: page.pageToken ?? '' };
    const response = await this.#caller.call(service.listMembers.bind(service), request, options);
    return { items: response.members.map(toGroupMember), nextPageToken: response.nextPageToken };
  }

  /** Lists the requests to join a group, by user id. For admins; `invite` approves one. */
  async listJoinRequests(groupId: number, page: PageOptions = {}, options?: UnaryOptions): Promise<Page<JoinRequest>> {
    const service = this.#service;
    const request = { groupId: toInt64(groupId), pageSize: page.pageSize ?? 0, pageToken: page.pageToken ?? '' };
    const response = await this.#caller.call(service.listJoinRequests.bind(service), request, options);
    return { items: response.joinRequests.map(toAccountAndTime), nextPageToken: response.nextPageToken };
  }

  /** Declines a request to join. For admins. */
  async declineJoinRequest(groupId: number, userId: number, options?: UnaryOptions): Promise<void> {
    const service = this.#service;
    const request = { groupId: toInt64(groupId), userId: toInt64(userId) };
    await this.#caller.call(service.declineJoinRequest.bind(service), request, options);
  }
}

function required(response: { group: WireGroup | undefined }): Group {
  return toGroup(response.group ?? WireGroup.create());
}
