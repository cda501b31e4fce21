import { beforeEach, describe, expect, test } from '@jest/globals';

import type { Group } from '../../../proto/gen/parley/v1/group.pb.ts';
import { HistoryServiceService } from '../../../proto/gen/parley/v1/history_service.pb.ts';
import type { Message } from '../../../proto/gen/parley/v1/message.pb.ts';
import { ENGINES } from '../../cluster/start-server.ts';
import { ack, type ResponseFrame, storyOf, toGroup } from './frames.ts';
import type { RawUser } from './raw-user.ts';
import { useStage } from './stage.ts';

/** Bob joins, leaves, joins again and leaves for good, between Ann's messages. */
const LOG = [
  '1 ann joined',
  '2 before',
  '3 bob joined',
  '4 first',
  '5 bob left',
  '6 secret',
  '7 secret too',
  '8 bob joined',
  '9 second',
  '10 bob left',
  '11 after',
];
const VISIBLE = [3, 4, 5, 8, 9, 10];

describe.each(ENGINES)('periods of membership, on %s', (engine) => {
  const stage = useStage(engine);
  let ann: RawUser;
  let bob: RawUser;
  let group: Group;

  beforeEach(async () => {
    [ann, bob] = await stage().users('ann', 'bob');
    group = await ann.createGroup('tea');
    const annChat = await ann.connect();
    const say = (text: string) => annChat.say(toGroup(group.id), text);
    await say('before');
    await bob.join(group);
    await say('first');
    await bob.leave(group);
    await say('secret');
    await say('secret too');
    await bob.join(group);
    await say('second');
    await bob.leave(group);
    await say('after');
    expect(storyOf(await list(ann))).toEqual(LOG);
  });

  async function list(user: RawUser): Promise<Message[]> {
    const request = {
      conversation: { $case: 'target', value: toGroup(group.id) },
      position: { $case: 'afterSeq', value: 0n },
      pageSize: 0,
      pageToken: '',
    } as const;
    return (await user.call(HistoryServiceService.listMessages, request)).messages;
  }

  async function resumed(seq: bigint): Promise<string[]> {
    const { logEpoch } = await ann.resume();
    const { waited } = await bob.resume({ logEpoch, positions: [{ conversationId: group.conversationId, seq }] });
    return waited.flatMap(tell);
  }

  test('history shows exactly the entries within them', async () => {
    expect(storyOf(await list(bob))).toEqual(VISIBLE.map((seq) => LOG[seq - 1]));
  });

  test('a device without a store is given all of them, in one go', async () => {
    const { chat, waited } = await bob.resume();
    expect(waited.flatMap(tell)).toEqual([
      '3 bob joined',
      '4 first',
      '5 bob left',
      '6-7 skipped',
      '8 bob joined',
      '9 second',
      '10 bob left',
    ]);
    chat.send(ack({ conversationId: group.conversationId, seq: 10n }));
    await chat.finish();
    expect(chat.waiting).toEqual([]);
    expect((await bob.resume()).waited).toEqual([]);
  });

  test.each([
    [0n, ['1-2 skipped', '3 bob joined', '4 first', '5 bob left', '6-7 skipped', '8 bob joined']],
    [3n, ['4 first', '5 bob left', '6-7 skipped', '8 bob joined']],
    [5n, ['6-7 skipped', '8 bob joined']],
    [6n, ['7-7 skipped', '8 bob joined']],
    [7n, ['8 bob joined']],
    [8n, []],
  ])('from a cursor at %s on', async (seq, expected) => {
    expect(await resumed(seq)).toEqual([...expected, '9 second', '10 bob left']);
  });

  test.each([10n, 11n])('a cursor at %s: nothing is left', async (seq) => {
    const told = await resumed(seq);
    expect(told.filter((line) => !line.endsWith('reset'))).toEqual([]);
  });

  test('a third joining continues the log of a cursor kept since the first', async () => {
    await bob.join(group);
    expect(await resumed(5n)).toEqual([
      '6-7 skipped',
      '8 bob joined',
      '9 second',
      '10 bob left',
      '11-11 skipped',
      '12 bob joined',
    ]);
  });

  test('who has never been a member sees nothing of it', async () => {
    const carol = await stage().user('carol');
    await expect(list(carol)).rejects.toMatchObject({ reason: 'CONVERSATION_NOT_FOUND' });
    expect((await carol.resume()).waited).toEqual([]);
    expect(await carol.conversations()).toEqual([]);
  });
});

function tell(frame: ResponseFrame): string[] {
  if (frame.$case === 'deliver') return storyOf(frame.value.messages);
  if (frame.$case === 'skip') return [`${frame.value.fromSeq}-${frame.value.toSeq} skipped`];
  if (frame.$case === 'reset') return [`${frame.value.seq} reset`];
  throw new Error(`a ${frame.$case} where entries were expected`);
}
