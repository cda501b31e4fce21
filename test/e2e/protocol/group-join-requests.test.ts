import { beforeEach, describe, expect, test } from '@jest/globals';

import { type Group, GroupRole, JoinPolicy } from '../../../proto/gen/parley/v1/group.pb.ts';
import { GroupServiceService } from '../../../proto/gen/parley/v1/group_service.pb.ts';
import { ENGINES } from '../../cluster/start-server.ts';
import { storyOf, toGroup } from './frames.ts';
import type { RawUser } from './raw-user.ts';
import { useStage } from './stage.ts';

describe.each(ENGINES)('a group that wants an approval, on %s', (engine) => {
  const stage = useStage(engine);
  let ann: RawUser;
  let bob: RawUser;
  let carol: RawUser;
  let group: Group;

  beforeEach(async () => {
    [ann, bob, carol] = await stage().users('ann', 'bob', 'carol');
    group = await ann.createGroup('tea', JoinPolicy.JOIN_POLICY_APPROVAL);
  });

  const join = (user: RawUser) => user.call(GroupServiceService.joinGroup, { groupId: group.id });
  const decline = (by: RawUser, { id }: RawUser) =>
    by.call(GroupServiceService.declineJoinRequest, { groupId: group.id, userId: id });
  const list = (by: RawUser, pageSize = 0, pageToken = '') =>
    by.call(GroupServiceService.listJoinRequests, { groupId: group.id, pageSize, pageToken });
  const waiting = async () => (await list(ann)).joinRequests.map(({ account }) => account!.id);

  test('keeps who asks as a stranger, until an admin invites them', async () => {
    const annChat = await ann.connect();
    const bobChat = await bob.connect();
    const seenByStrangers = { ...group, conversationId: 0n, role: GroupRole.GROUP_ROLE_UNSPECIFIED };
    for (const _time of [1, 2]) expect(await join(bob)).toEqual({ group: seenByStrangers, pending: true });
    const { joinRequests } = await list(ann);
    expect(joinRequests).toMatchObject([{ account: { id: bob.id, name: bob.name, deleted: false } }]);
    expect(joinRequests[0]?.createTime).toBeInstanceOf(Date);
    await expect(bobChat.say(toGroup(group.id), 'hello?')).rejects.toMatchObject({ reason: 'NOT_A_MEMBER' });

    await ann.invite(group, bob);
    expect(storyOf(await bobChat.entries(1))).toEqual(['2 bob invited']);
    expect(storyOf(await annChat.entries(1))).toEqual(['2 bob invited']);
    expect(await waiting()).toEqual([]);
    const asMember = { ...group, role: GroupRole.GROUP_ROLE_MEMBER, memberCount: 2 };
    expect(await join(bob)).toEqual({ group: asMember, pending: false });
    await bobChat.say(toGroup(group.id), 'thanks');
  });

  test('declines without a word, and may be asked again; who asked takes it back', async () => {
    await join(bob);
    for (const _time of [1, 2]) await decline(ann, bob);
    expect(await waiting()).toEqual([]);
    expect(await join(bob)).toMatchObject({ pending: true });
    expect(await waiting()).toEqual([bob.id]);
    for (const _time of [1, 2]) await bob.leave(group);
    expect(await waiting()).toEqual([]);
    expect((await bob.resume()).waited).toEqual([]);
  });

  test('shows who waits in pages, to admins', async () => {
    for (const user of [carol, bob]) await join(user);
    const ids = [bob.id, carol.id].sort();
    const first = await list(ann, 1);
    const second = await list(ann, 1, first.nextPageToken);
    expect([first, second].flatMap(({ joinRequests }) => joinRequests.map(({ account }) => account?.id))).toEqual(ids);
    expect(second.nextPageToken).toBe('');
    await expect(list(ann, 1, 'x')).rejects.toMatchObject({ reason: 'INVALID_PAGE_TOKEN' });
    await expect(list(ann, -1)).rejects.toMatchObject({
      reason: 'INVALID_FIELD',
      fields: ['page_size'],
    });

    await expect(list(bob)).rejects.toMatchObject({ reason: 'GROUP_NOT_FOUND' });
    await expect(decline(bob, carol)).rejects.toMatchObject({ reason: 'GROUP_NOT_FOUND' });
    await ann.invite(group, bob);
    await expect(list(bob)).rejects.toMatchObject({ reason: 'ROLE_INSUFFICIENT' });
    await expect(decline(bob, carol)).rejects.toMatchObject({ reason: 'ROLE_INSUFFICIENT' });
    await expect(bob.invite(group, carol)).rejects.toMatchObject({ reason: 'ROLE_INSUFFICIENT' });
    const admin = { groupId: group.id, userId: bob.id, role: GroupRole.GROUP_ROLE_ADMIN };
    await ann.call(GroupServiceService.setMemberRole, admin);
    await bob.invite(group, carol);
    expect(await waiting()).toEqual([]);
  });

  test('lets in who asks again once it is open, and knows nobody once it is invite-only', async () => {
    const become = (joinPolicy: JoinPolicy) =>
      ann.call(GroupServiceService.updateGroup, { group: { ...group, joinPolicy }, updateMask: ['join_policy'] });
    for (const user of [bob, carol]) await join(user);
    await become(JoinPolicy.JOIN_POLICY_OPEN);
    expect(await join(bob)).toMatchObject({ pending: false, group: { conversationId: group.conversationId } });
    expect(await waiting()).toEqual([carol.id]);
    await become(JoinPolicy.JOIN_POLICY_INVITE_ONLY);
    await expect(join(carol)).rejects.toMatchObject({ reason: 'GROUP_NOT_FOUND' });
    await ann.invite(group, carol);
    expect(await waiting()).toEqual([]);
  });
});
