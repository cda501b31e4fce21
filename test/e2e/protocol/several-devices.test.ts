import { beforeEach, describe, expect, test } from '@jest/globals';

import type { Target } from '../../../proto/gen/parley/v1/message.pb.ts';
import { ENGINES } from '../../cluster/start-server.ts';
import { ack, numbered, read, type ResponseFrame, textOf, toGroup, toUser } from './frames.ts';
import type { RawChat } from './raw-chat.ts';
import type { RawUser } from './raw-user.ts';
import { useStage } from './stage.ts';

function textsOf(frames: readonly ResponseFrame[]): string[] {
  return frames.flatMap((frame) => (frame.$case === 'deliver' ? frame.value.messages.map(textOf) : []));
}

describe.each(ENGINES)('several devices of one user, on %s', (engine) => {
  const stage = useStage(engine);
  let ann: RawUser;
  let bob: RawUser;
  let phone: RawUser;
  let annChat: RawChat;
  let toBob: Target;

  beforeEach(async () => {
    [ann, bob] = await stage().users('ann', 'bob');
    [annChat, phone] = [await ann.connect(), await bob.logIn('phone')];
    toBob = toUser(bob.id);
  });

  const say = async (texts: readonly string[]) => {
    let conversationId = 0n;
    for (const text of texts) ({ conversationId } = await annChat.say(toBob, text));
    return conversationId;
  };

  test.each(['a user', 'a group'])(
    'all get everything that is sent to %s, the sender’s other ones too',
    async (whom) => {
      const annTablet = await (await ann.logIn('tablet')).connect();
      const devices = [await bob.connect(), await phone.connect(), await (await bob.logIn('tablet')).connect()];
      let target = toBob;
      if (whom === 'a group') {
        const group = await ann.createGroup('tea');
        await bob.join(group);
        target = toGroup(group.id);
        for (const chat of [annChat, annTablet]) await chat.entries(2);
        for (const chat of devices) await chat.entries(1);
      }
      const texts = numbered('m', 3);
      for (const text of texts) await annChat.say(target, text);
      for (const chat of [...devices, annTablet]) expect((await chat.entries(3)).map(textOf)).toEqual(texts);

      await devices[1]!.say(whom === 'a group' ? target : toUser(ann.id), 'answer');
      for (const chat of [devices[0]!, devices[2]!, annChat, annTablet]) {
        expect((await chat.entries(1)).map(textOf)).toEqual(['answer']);
      }
      for (const chat of [...devices, annChat, annTablet]) {
        await chat.settled();
        expect(chat.waiting).not.toContain('deliver');
      }
    },
  );

  test('one that keeps a store gets what it lacks itself, one that keeps none what the user lacks', async () => {
    const desk = await bob.connect();
    const { chat: phoneChat, logEpoch } = await phone.resume();
    const conversationId = await say(numbered('m', 5));
    await phoneChat.entries(5);
    await phoneChat.finish();
    await desk.entries(5);
    desk.send(ack({ conversationId, seq: 4n }));
    await desk.finish();

    const kept = { logEpoch, positions: [{ conversationId, seq: 2n }] };
    expect(textsOf((await phone.resume(kept)).waited)).toEqual(['m 3', 'm 4', 'm 5']);
    expect(textsOf((await bob.resume()).waited)).toEqual(['m 5']);
    // What one device has acknowledged meanwhile takes nothing from the other.
    const late = await bob.resume();
    late.chat.send(ack({ conversationId, seq: 5n }));
    await late.chat.settled();
    expect(textsOf((await bob.resume()).waited)).toEqual([]);
    expect(textsOf((await phone.resume(kept)).waited)).toEqual(['m 3', 'm 4', 'm 5']);
  });

  test('one that acknowledges less than another takes nothing back', async () => {
    const [desk, phoneChat] = [await bob.connect(), await phone.connect()];
    const conversationId = await say(numbered('m', 3));
    for (const chat of [desk, phoneChat]) await chat.entries(3);
    desk.send(ack({ conversationId, seq: 3n }), read({ conversationId, seq: 3n }));
    await desk.settled();
    phoneChat.send(ack({ conversationId, seq: 1n }), read({ conversationId, seq: 1n }));
    await phoneChat.settled();
    expect(await bob.conversations()).toMatchObject([{ cursor: { deliveredSeq: 3n, readSeq: 3n }, unreadCount: 0n }]);
  });

  test('read marks follow to those that are there, and to those that come later', async () => {
    const [desk, phoneChat] = [await bob.connect(), await phone.connect()];
    const conversationId = await say(numbered('m', 3));
    for (const chat of [desk, phoneChat]) await chat.entries(3);
    phoneChat.send(read({ conversationId, seq: 2n }));
    const receipts = [{ conversationId, userId: bob.id, deliveredSeq: 0n, readSeq: 2n }];
    expect(await desk.next('receipts')).toEqual({ receipts });
    const tablet = await bob.logIn('tablet');
    expect(await tablet.conversations()).toMatchObject([{ unreadCount: 1n }]);
  });

  test('read marks follow in a group that was left, too', async () => {
    const [desk, phoneChat] = [await bob.connect(), await phone.connect()];
    const group = await ann.createGroup('tea');
    await bob.join(group);
    await annChat.say(toGroup(group.id), 'hello');
    for (const chat of [desk, phoneChat]) await chat.entries(2);
    await bob.leave(group);
    for (const chat of [desk, phoneChat]) await chat.entries(1);
    const { conversationId } = group;
    phoneChat.send(read({ conversationId, seq: 4n }));
    expect((await desk.next('receipts')).receipts).toMatchObject([{ conversationId, userId: bob.id, readSeq: 4n }]);
  });
});
