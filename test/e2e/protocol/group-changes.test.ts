import { status } from '@grpc/grpc-js';
import { beforeEach, describe, expect, test } from '@jest/globals';

import { type Group, GroupRole, JoinPolicy } from '../../../proto/gen/parley/v1/group.pb.ts';
import { GroupServiceService } from '../../../proto/gen/parley/v1/group_service.pb.ts';
import type { GroupChange, Message } from '../../../proto/gen/parley/v1/message.pb.ts';
import { ENGINES } from '../../cluster/start-server.ts';
import { storyOf, toGroup } from './frames.ts';
import type { RawChat } from './raw-chat.ts';
import type { RawUser } from './raw-user.ts';
import { useStage } from './stage.ts';

const STAYED: GroupChange = {
  name: '',
  description: undefined,
  deleted: false,
  memberLimit: 0,
  joinPolicy: JoinPolicy.JOIN_POLICY_UNSPECIFIED,
  historyVisible: undefined,
};

describe.each(ENGINES)('changes of a group, on %s', (engine) => {
  const stage = useStage(engine);
  let ann: RawUser;
  let bob: RawUser;
  let carol: RawUser;
  let annChat: RawChat;
  let bobChat: RawChat;
  let group: Group;

  beforeEach(async () => {
    [ann, bob, carol] = await stage().users('ann', 'bob', 'carol');
    group = await ann.createGroup('tea');
    await bob.join(group);
    annChat = await ann.connect();
    bobChat = await bob.connect();
  });

  const get = async (user: RawUser) => (await user.call(GroupServiceService.getGroup, { groupId: group.id })).group!;
  const update = async (user: RawUser, values: Partial<Group>, ...updateMask: string[]) => {
    const request = { group: { ...group, ...values }, updateMask };
    return (await user.call(GroupServiceService.updateGroup, request)).group!;
  };
  const setRole = (by: RawUser, { id }: RawUser, role: GroupRole) =>
    by.call(GroupServiceService.setMemberRole, { groupId: group.id, userId: id, role });
  const transfer = (by: RawUser, { id }: RawUser) =>
    by.call(GroupServiceService.transferOwnership, { groupId: group.id, userId: id });
  const remove = (by: RawUser) => by.call(GroupServiceService.deleteGroup, { groupId: group.id });

  describe('UpdateGroup', () => {
    test('changes what the mask names, tells everybody exactly that, and gives the group as it is', async () => {
      const values = { name: 'coffee', description: 'black', joinPolicy: JoinPolicy.JOIN_POLICY_INVITE_ONLY };
      const updated = await update(ann, values, 'name', 'join_policy');
      const { description, ...changed } = values;
      expect(updated).toEqual({ ...group, ...changed, memberCount: 2 });
      expect(await get(bob)).toEqual({ ...updated, role: GroupRole.GROUP_ROLE_MEMBER });
      for (const chat of [annChat, bobChat]) {
        expect(await chat.entries(1)).toMatchObject([
          {
            seq: 3n,
            ordinal: 0n,
            senderId: ann.id,
            target: toGroup(group.id),
            body: { $case: 'groupChange', value: { ...STAYED, ...changed } },
          },
        ]);
      }
      await update(ann, { description }, 'description');
      expect(changeIn((await bobChat.entries(1))[0])).toEqual({ ...STAYED, description });
    });

    test.each<[Partial<Group>, string, Partial<GroupChange>]>([
      [{ description: '' }, 'description', { description: '' }],
      [{ memberLimit: 2 }, 'member_limit', { memberLimit: 2 }],
      [{ historyVisible: true }, 'history_visible', { historyVisible: true }],
    ])('%j is told', async (values, path, told) => {
      await update(ann, { description: 'green' }, 'description');
      await bobChat.entries(1);
      expect(await update(ann, values, path)).toMatchObject(values);
      expect(changeIn((await bobChat.entries(1))[0])).toEqual({ ...STAYED, ...told });
    });

    test('that changes nothing succeeds, and is no entry', async () => {
      const paths = ['name', 'description', 'member_limit', 'join_policy', 'history_visible'];
      expect(await update(ann, {}, ...paths)).toEqual({ ...group, memberCount: 2 });
      expect((await annChat.say(toGroup(group.id), 'next')).seq).toBe(3n);
    });

    test.each<[string, string[], Partial<Group>, string]>([
      ['no mask', [], {}, 'update_mask'],
      ['what can not be changed', ['owner_id'], {}, 'update_mask'],
      ['an unknown field beside a known one', ['name', 'colour'], {}, 'update_mask'],
      ['no name', ['name'], { name: '' }, 'group.name'],
      ['fewer than there may be', ['member_limit'], { memberLimit: 1 }, 'group.member_limit'],
      ['no id', ['name'], { id: 0n }, 'group.id'],
      ['an unknown policy', ['join_policy'], { joinPolicy: 99 as JoinPolicy }, 'group.join_policy'],
    ])('with %s is refused by its field', async (_what, mask, values, field) => {
      const refused = { code: status.INVALID_ARGUMENT, reason: 'INVALID_FIELD', fields: [field] };
      await expect(update(ann, values, ...mask)).rejects.toMatchObject(refused);
      expect(await get(ann)).toEqual({ ...group, memberCount: 2 });
    });

    test('leaves room for those who are there', async () => {
      await carol.join(group);
      await expect(update(ann, { memberLimit: 2 }, 'member_limit')).rejects.toMatchObject({
        message: expect.stringContaining('the number of members, 3'),
        fields: ['group.member_limit'],
      });
      await update(ann, { memberLimit: 3 }, 'member_limit');
    });

    test('is for admins, and strangers learn nothing', async () => {
      await expect(update(bob, { name: 'mine' }, 'name')).rejects.toMatchObject({ reason: 'ROLE_INSUFFICIENT' });
      await expect(update(carol, { name: 'mine' }, 'name')).rejects.toMatchObject({ reason: 'GROUP_NOT_FOUND' });
      await setRole(ann, bob, GroupRole.GROUP_ROLE_ADMIN);
      expect(await update(bob, { name: 'ours' }, 'name')).toMatchObject({ role: GroupRole.GROUP_ROLE_ADMIN });
    });
  });

  describe('roles', () => {
    test('are given by the owner, and told', async () => {
      await setRole(ann, bob, GroupRole.GROUP_ROLE_ADMIN);
      await setRole(ann, bob, GroupRole.GROUP_ROLE_ADMIN);
      expect(await bobChat.entries(1)).toMatchObject([
        { seq: 3n, senderId: ann.id, body: { value: { userId: bob.id, role: GroupRole.GROUP_ROLE_ADMIN } } },
      ]);
      expect((await get(bob)).role).toBe(GroupRole.GROUP_ROLE_ADMIN);
      await setRole(ann, bob, GroupRole.GROUP_ROLE_MEMBER);
      expect(storyOf(await bobChat.entries(1))).toEqual(['4 bob has a role']);
    });

    test.each([GroupRole.GROUP_ROLE_UNSPECIFIED, GroupRole.GROUP_ROLE_OWNER, 99 as GroupRole])(
      'of %s can not be given',
      async (role) => {
        await expect(setRole(ann, bob, role)).rejects.toMatchObject({ reason: 'INVALID_FIELD', fields: ['role'] });
      },
    );

    test('are given to members, by the owner alone', async () => {
      const admin = GroupRole.GROUP_ROLE_ADMIN;
      await expect(setRole(ann, carol, admin)).rejects.toMatchObject({ reason: 'USER_NOT_FOUND' });
      await expect(setRole(carol, bob, admin)).rejects.toMatchObject({ reason: 'GROUP_NOT_FOUND' });
      await setRole(ann, bob, admin);
      await carol.join(group);
      await expect(setRole(bob, carol, admin)).rejects.toMatchObject({ reason: 'ROLE_INSUFFICIENT' });
    });

    test('of the owner pass on, in two entries, and once', async () => {
      await transfer(ann, bob);
      await transfer(ann, bob);
      const entries = await bobChat.entries(2);
      expect(entries).toMatchObject([
        { seq: 3n, senderId: ann.id, body: { value: { userId: bob.id, role: GroupRole.GROUP_ROLE_OWNER } } },
        { seq: 4n, senderId: ann.id, body: { value: { userId: ann.id, role: GroupRole.GROUP_ROLE_ADMIN } } },
      ]);
      expect(await get(bob)).toMatchObject({ ownerId: bob.id, role: GroupRole.GROUP_ROLE_OWNER });
      expect(await get(ann)).toMatchObject({ ownerId: bob.id, role: GroupRole.GROUP_ROLE_ADMIN });
      await expect(transfer(ann, ann)).rejects.toMatchObject({ reason: 'ROLE_INSUFFICIENT' });
      await expect(transfer(bob, carol)).rejects.toMatchObject({ reason: 'USER_NOT_FOUND' });
      await ann.leave(group);
      expect(storyOf(await bobChat.entries(1))).toEqual(['5 ann left']);
    });
  });

  describe('DeleteGroup', () => {
    test('ends it for everybody, at an entry that they are given', async () => {
      await annChat.say(toGroup(group.id), 'goodbye');
      await remove(ann);
      expect(await bobChat.entries(2)).toMatchObject([
        { seq: 3n },
        { seq: 4n, senderId: ann.id, body: { $case: 'groupChange', value: { ...STAYED, deleted: true } } },
      ]);
      for (const user of [ann, bob, carol]) {
        await expect(get(user)).rejects.toMatchObject({ reason: 'GROUP_NOT_FOUND' });
        await expect(user.join(group)).rejects.toMatchObject({ reason: 'GROUP_NOT_FOUND' });
        const listed = await user.call(GroupServiceService.listGroups, { pageSize: 0, pageToken: '' });
        expect(listed.groups).toEqual([]);
      }
      await expect(annChat.say(toGroup(group.id), 'more')).rejects.toMatchObject({ reason: 'NOT_A_MEMBER' });
      expect(await bob.conversations()).toMatchObject([{ closed: true, lastMessage: { seq: 4n } }]);
    });

    test('is for the owner, who may repeat it', async () => {
      await setRole(ann, bob, GroupRole.GROUP_ROLE_ADMIN);
      await expect(remove(bob)).rejects.toMatchObject({ reason: 'ROLE_INSUFFICIENT' });
      await expect(remove(carol)).rejects.toMatchObject({ reason: 'GROUP_NOT_FOUND' });
      await remove(ann);
      await remove(ann);
      await expect(remove(bob)).rejects.toMatchObject({ reason: 'GROUP_NOT_FOUND' });
    });
  });
});

function changeIn(entry: Message | undefined): GroupChange | undefined {
  return entry?.body?.$case === 'groupChange' ? entry.body.value : undefined;
}
