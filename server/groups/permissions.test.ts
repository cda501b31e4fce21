import { readFileSync } from 'node:fs';

import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import { GroupServiceService } from '../../proto/gen/parley/v1/group_service.pb.ts';
import { openMemoryStore } from '../../test/domain/domain.ts';
import { GroupWorld } from '../../test/domain/group-world.ts';
import { DomainError } from '../lib/errors.ts';
import type { GroupRecord, JoinPolicy, UserRecord } from '../store/seam/records.ts';
import type { Store } from '../store/seam/store.ts';
import { deleteGroup } from './delete-group.ts';
import { GROUP_PERMISSIONS, type GroupAction, type Permission, type Rank } from './permissions.ts';
import { updateGroup } from './update-group.ts';

const ALL = { afterId: 0, limit: 100 };
const RANKS = ['stranger', 'member', 'admin', 'owner'] as const;
const POLICIES = ['open', 'approval', 'invite_only'] as const;
const ACTIONS = Object.keys(GROUP_PERMISSIONS) as GroupAction[];

/** How the page says it. */
const WORDS: Readonly<Record<Permission, string>> = {
  no: '–',
  yes: 'yes',
  unless_hidden: 'unless invite-only',
  if_open: 'if open',
  if_alone: 'if alone',
  on_members: 'on members',
  on_others: 'on others',
  on_owner: 'as a repeat',
};

describe('the table of permissions', () => {
  test('is the one in proto/README.md', () => {
    const page = readFileSync(new URL('../../proto/README.md', import.meta.url), 'utf8');
    const rows = [...page.matchAll(/^\| `(\w+)` +\| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$/gm)];
    const onPage = rows.map(([, rpc, ...cells]) => [rpc, ...cells.map((cell) => cell.trim())]);
    const data = ACTIONS.map((action) => [
      action.charAt(0).toUpperCase() + action.slice(1),
      ...RANKS.map((rank) => WORDS[GROUP_PERMISSIONS[action][rank]]),
    ]);
    expect(onPage.filter(([rpc]) => data.some(([name]) => name === rpc))).toEqual(data);
  });

  test('has every rpc that names a group', () => {
    const namesNone = ['createGroup', 'listGroups'];
    const rpcs = Object.keys(GroupServiceService).filter((rpc) => !namesNone.includes(rpc));
    expect(ACTIONS.toSorted()).toEqual(rpcs.toSorted());
  });
});

/** Somebody to whom something is done, by how they stand to the group; `self`: the one who does it. */
type Target = Rank | 'self';

interface Attempt {
  readonly world: GroupWorld;
  readonly group: GroupRecord;
  readonly user: UserRecord;
  readonly target: UserRecord;
}

/** Each action as it is really done. Those that have a target are tried on everybody. */
const ATTEMPTS: Readonly<Record<GroupAction, (attempt: Attempt) => Promise<unknown>>> = {
  getGroup: ({ world, group, user }) => world.groups.view(user.id, group.id),
  joinGroup: ({ world, group, user }) => world.membership.join(user, group.id),
  leaveGroup: ({ world, group, user }) => world.membership.leave(user, group.id),
  listMembers: ({ world, group, user }) => world.groups.members(user.id, group.id, ALL),
  inviteMember: ({ world, group, user, target }) => world.membership.invite(user, group.id, target.id),
  updateGroup: ({ world, group, user }) => updateGroup(world.domain, user, group.id, { name: 'other' }),
  listJoinRequests: ({ world, group, user }) => world.groups.joinRequests(user.id, group.id, ALL),
  declineJoinRequest: ({ world, group, user, target }) => world.membership.decline(user, group.id, target.id),
  removeMember: ({ world, group, user, target }) => world.membership.remove(user, group.id, target.id),
  setMemberRole: ({ world, group, user, target }) => world.roles.set(user, group.id, target.id, 'admin'),
  transferOwnership: ({ world, group, user, target }) => world.roles.transferOwnership(user, group.id, target.id),
  deleteGroup: ({ world, group, user }) => deleteGroup(world.domain, user, group.id),
};
const TARGETED: ReadonlySet<GroupAction> = new Set<GroupAction>([
  'inviteMember',
  'declineJoinRequest',
  'removeMember',
  'setMemberRole',
  'transferOwnership',
]);
/** What only a member can be made: on a stranger they fail for that, once they are permitted. */
const FOR_MEMBERS: ReadonlySet<GroupAction> = new Set<GroupAction>(['setMemberRole', 'transferOwnership']);

/** What the contract's words mean, told apart from how the code decides it. */
function allows(permission: Permission, policy: JoinPolicy, on: Target | undefined): boolean {
  switch (permission) {
    case 'no':
    // All of these groups have other members.
    case 'if_alone':
      return false;
    case 'yes':
      return true;
    case 'unless_hidden':
      return policy !== 'invite_only';
    case 'if_open':
      return policy === 'open';
    case 'on_members':
      return on === 'member' || on === 'stranger';
    case 'on_others':
      return on !== 'self';
    case 'on_owner':
      return on === 'owner';
  }
}

function refusal(action: GroupAction, rank: Rank): string {
  if (rank === 'stranger') return 'GROUP_NOT_FOUND';
  return action === 'leaveGroup' ? 'OWNER_CANNOT_LEAVE' : 'ROLE_INSUFFICIENT';
}

describe('every cell of it', () => {
  let store: Store;
  let world: GroupWorld;
  let group: GroupRecord;
  /** Two of each, so that one can be done something by the other; the owner is alone. */
  let cast: Record<Rank, UserRecord[]>;

  beforeAll(async () => {
    store = await openMemoryStore();
  });

  afterAll(async () => {
    await store[Symbol.asyncDispose]();
  });

  beforeEach(async () => {
    world = await GroupWorld.make(store);
    const { ann, bob, cyd, dan } = world.people;
    const [secondAdmin, stranger, another] = [
      await world.domain.makeUser(),
      await world.domain.makeUser(),
      await world.domain.makeUser(),
    ];
    cast = { owner: [ann], admin: [bob, secondAdmin], member: [cyd, dan], stranger: [stranger, another] };
  });

  async function stage(joinPolicy: JoinPolicy): Promise<void> {
    group = await world.group({ joinPolicy }, [...cast.admin, ...cast.member]);
    for (const { id } of cast.admin) await world.roles.set(world.people.ann, group.id, id, 'admin');
  }

  const cases = ACTIONS.flatMap((action) =>
    RANKS.flatMap((rank) => POLICIES.map((policy) => [action, rank, policy] as const)),
  );

  test.each(cases)('%s by %s of a group that is %s', async (action, rank, policy) => {
    const permission = GROUP_PERMISSIONS[action][rank];
    const targets: readonly (Target | undefined)[] = TARGETED.has(action) ? [...RANKS, 'self'] : [undefined];
    for (const on of targets) {
      // The one owner has no other owner to do anything to.
      if (on === 'owner' && rank === 'owner') continue;
      await stage(policy);
      const [user] = cast[rank];
      const target = on === undefined || on === 'self' ? user : cast[on].findLast((candidate) => candidate !== user);
      const before = await world.story(group);
      const outcome = await ATTEMPTS[action]({ world, group, user: user!, target: target! }).then(
        () => 'done',
        (error: unknown) => (error instanceof DomainError ? error.reason : error),
      );
      const permitted = allows(permission, policy, on);
      const impossible = FOR_MEMBERS.has(action) && on === 'stranger';
      const expected = permitted ? (impossible ? 'USER_NOT_FOUND' : 'done') : refusal(action, rank);
      expect([on, outcome]).toEqual([on, expected]);
      if (expected !== 'done') expect(await world.story(group)).toEqual(before);
    }
  });
});
