import { describe, expect, test } from '@jest/globals';

import { ENGINES } from '../../cluster/start-server.ts';
import { ack, numbered, send, textMessage, textOf, toUser } from './frames.ts';
import { useStage } from './stage.ts';

const PAIRS = 20;

describe.each(ENGINES)('a first contact, on %s', (engine) => {
  const stage = useStage(engine);

  test('begins a conversation on all open streams of both', async () => {
    const [ann, bob] = await stage().users('ann', 'bob');
    const [annChat, bobChat] = [await ann.connect(), await bob.connect()];
    const others = [await (await ann.logIn()).connect(), await (await bob.logIn()).connect()];
    const { conversationId } = await annChat.say(toUser(bob.id), 'hello');
    for (const chat of [bobChat, ...others]) {
      expect(await chat.entries(1)).toMatchObject([{ conversationId, seq: 1n, body: { value: { text: 'hello' } } }]);
    }
    annChat.send(ack({ conversationId, seq: 1n }));
    await annChat.settled();
    expect(annChat.waiting).toEqual([]);
  });

  test('of both sides at once makes one conversation, with one order', async () => {
    for (let pair = 0; pair < PAIRS; pair += 1) {
      const [ann, bob] = await stage().users('ann', 'bob');
      const [annChat, bobChat] = [await ann.connect(), await bob.connect()];
      const watcher = await (await bob.logIn()).connect();
      const [fromAnn, fromBob] = await Promise.all([
        annChat.say(toUser(bob.id), 'from ann'),
        bobChat.say(toUser(ann.id), 'from bob'),
      ]);
      expect(fromAnn.conversationId).toBe(fromBob.conversationId);
      expect([fromAnn.seq, fromBob.seq].sort()).toEqual([1n, 2n]);
      expect(await bobChat.entries(1)).toMatchObject([{ seq: fromAnn.seq, senderId: ann.id }]);
      expect(await annChat.entries(1)).toMatchObject([{ seq: fromBob.seq, senderId: bob.id }]);
      expect((await watcher.entries(2)).map(({ seq }) => seq)).toEqual([1n, 2n]);
      expect(await ann.conversations()).toHaveLength(1);
      await stage().clear();
    }
  }, 30_000);

  test('of many sends at once keeps their order', async () => {
    const [ann, bob] = await stage().users('ann', 'bob');
    const [annChat, bobChat] = [await ann.connect(), await bob.connect()];
    for (const text of numbered('m', 200)) annChat.send(send(textMessage(toUser(bob.id), text)));
    expect((await bobChat.entries(200)).map(textOf)).toEqual(numbered('m', 200));
    await annChat.results(200);
    await bobChat.say(toUser(ann.id), 'answer');
    expect((await annChat.entries(1)).map(textOf)).toEqual(['answer']);
  });

  test('does not happen through a message that is refused', async () => {
    const [ann, bob] = await stage().users('ann', 'bob');
    const annChat = await ann.connect();
    await expect(annChat.say(toUser(bob.id), '')).rejects.toMatchObject({ reason: 'INVALID_FIELD' });
    expect(await ann.conversations()).toEqual([]);
    expect(await bob.conversations()).toEqual([]);
  });
});
