import { beforeEach, describe, expect, test } from '@jest/globals';

import type { Group } from '../../../proto/gen/parley/v1/group.pb.ts';
import { JoinPolicy } from '../../../proto/gen/parley/v1/group.pb.ts';
import { GroupServiceService } from '../../../proto/gen/parley/v1/group_service.pb.ts';
import { HistoryServiceService } from '../../../proto/gen/parley/v1/history_service.pb.ts';
import { ENGINES } from '../../cluster/start-server.ts';
import { storyOf, toGroup } from './frames.ts';
import type { RawChat } from './raw-chat.ts';
import type { RawUser } from './raw-user.ts';
import { useStage } from './stage.ts';

describe.each(ENGINES)('a group whose history is visible, on %s', (engine) => {
  const stage = useStage(engine);
  let ann: RawUser;
  let bob: RawUser;
  let group: Group;
  let annChat: RawChat;

  beforeEach(async () => {
    [ann, bob] = await stage().users('ann', 'bob');
    const settings = { name: 'tea', description: '', joinPolicy: JoinPolicy.JOIN_POLICY_OPEN, memberLimit: 0 };
    const request = { ...settings, historyVisible: true, requestId: '' };
    group = (await ann.call(GroupServiceService.createGroup, request)).group!;
    annChat = await ann.connect();
    await annChat.say(toGroup(group.id), 'before');
  });

  async function list(user: RawUser): Promise<string[]> {
    const request = {
      conversation: { $case: 'target', value: toGroup(group.id) },
      position: { $case: 'afterSeq', value: 0n },
      pageSize: 0,
      pageToken: '',
    } as const;
    return storyOf((await user.call(HistoryServiceService.listMessages, request)).messages);
  }

  const show = (historyVisible: boolean) =>
    ann.call(GroupServiceService.updateGroup, { group: { ...group, historyVisible }, updateMask: ['history_visible'] });

  test('shows it to new members by ListMessages, and never on their streams', async () => {
    expect(group.historyVisible).toBe(true);
    const bobChat = await bob.connect();
    await bob.join(group);
    expect(await list(bob)).toEqual(['1 ann joined', '2 before', '3 bob joined']);
    await annChat.say(toGroup(group.id), 'after');
    expect(storyOf(await bobChat.entries(2))).toEqual(['3 bob joined', '4 after']);
    await bobChat.settled();
    expect(bobChat.waiting).toEqual([]);
    const { logEpoch, waited } = await bob.resume();
    expect(waited).toMatchObject([{ $case: 'deliver', value: { messages: [{ seq: 3n }, { seq: 4n }] } }]);
    const fromStart = await bob.resume({ logEpoch, positions: [{ conversationId: group.conversationId, seq: 0n }] });
    expect(fromStart.waited).toMatchObject([
      { $case: 'skip', value: { fromSeq: 1n, toSeq: 2n } },
      { $case: 'deliver', value: { messages: [{ seq: 3n }, { seq: 4n }] } },
    ]);
  });

  test('shows nothing more to who is out than what was said while they were in', async () => {
    await bob.join(group);
    await bob.leave(group);
    await annChat.say(toGroup(group.id), 'secret');
    expect(await list(bob)).toEqual(['3 bob joined', '4 bob left']);
    await bob.join(group);
    expect(await list(bob)).toEqual([
      '1 ann joined',
      '2 before',
      '3 bob joined',
      '4 bob left',
      '5 secret',
      '6 bob joined',
    ]);
    await ann.call(GroupServiceService.removeMember, { groupId: group.id, userId: bob.id });
    await annChat.say(toGroup(group.id), 'secret too');
    expect(await list(bob)).toEqual(['3 bob joined', '4 bob left', '6 bob joined', '7 bob removed']);
  });

  test('hides it again once the setting is taken back, and shows it anew', async () => {
    await bob.join(group);
    await show(false);
    expect(await list(bob)).toEqual(['3 bob joined', '4 groupChange']);
    await show(true);
    expect(await list(bob)).toEqual(['1 ann joined', '2 before', '3 bob joined', '4 groupChange', '5 groupChange']);
  });

  test('that is deleted leaves its members what they had been in for', async () => {
    await bob.join(group);
    await ann.call(GroupServiceService.deleteGroup, { groupId: group.id });
    expect(await list(bob)).toEqual(['3 bob joined', '4 groupChange']);
    expect(await list(ann)).toEqual(['1 ann joined', '2 before', '3 bob joined', '4 groupChange']);
  });

  test('is none of a stranger’s business', async () => {
    await expect(list(bob)).rejects.toMatchObject({ reason: 'CONVERSATION_NOT_FOUND' });
  });
});
