import { status } from '@grpc/grpc-js';
import { beforeEach, describe, expect, test } from '@jest/globals';

import { ENGINES } from '../../cluster/start-server.ts';
import { hello, numbered, send, textMessage, textOf, toUser } from './frames.ts';
import type { RawUser } from './raw-user.ts';
import { useStage } from './stage.ts';

describe.each(ENGINES)('a client that says no more, on %s', (engine) => {
  const stage = useStage(engine);
  let ann: RawUser;
  let bob: RawUser;
  beforeEach(async () => {
    [ann, bob] = await stage().users('ann', 'bob');
  });

  test('still gets the results of what it sent, then OK', async () => {
    const bobChat = await bob.connect();
    const chat = await ann.connect();
    const messages = numbered('m', 50).map((text) => textMessage(toUser(bob.id), text));
    for (const message of messages) chat.send(send(message));
    expect(await chat.finish()).toMatchObject({ code: status.OK });
    const results = await chat.results(50);
    expect(results.map(({ clientMessageId }) => clientMessageId)).toEqual(messages.map((m) => m.clientMessageId));
    expect(results.every(({ outcome }) => outcome?.$case === 'receipt')).toBe(true);
    expect((await bobChat.entries(50)).map(textOf)).toEqual(numbered('m', 50));
  });

  test('may say it all in one go: hello, send, end', async () => {
    const chat = ann.open();
    chat.send(hello(), send(textMessage(toUser(bob.id), 'short')));
    expect(await chat.finish()).toMatchObject({ code: status.OK });
    expect(await chat.results(1)).toMatchObject([{ outcome: { $case: 'receipt', value: { seq: 1n } } }]);
    expect(chat.waiting).toEqual(['welcome', 'caughtUp']);
  });

  test('without a hello just ends', async () => {
    expect(await ann.open().finish()).toMatchObject({ code: status.OK });
  });

  test('in the middle of its cursors just ends', async () => {
    const chat = ann.open();
    chat.send(hello({ hasCursors: true, logEpoch: 'any' }));
    expect(await chat.finish()).toMatchObject({ code: status.OK });
    expect(chat.waiting).toEqual(['welcome']);
  });
});
