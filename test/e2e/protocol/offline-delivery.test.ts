import { beforeEach, describe, expect, test } from '@jest/globals';

import { ENGINES } from '../../cluster/start-server.ts';
import { ack, hello, numbered, type ResponseFrame, textOf, toUser } from './frames.ts';
import type { RawUser } from './raw-user.ts';
import { useStage } from './stage.ts';

describe.each(ENGINES)('what waits for who is away, on %s', (engine) => {
  const stage = useStage(engine);
  let ann: RawUser;
  let bob: RawUser;
  beforeEach(async () => {
    [ann, bob] = await stage().users('ann', 'bob');
  });

  async function write(prefix: string, count: number): Promise<bigint> {
    const chat = await ann.connect();
    let conversationId = 0n;
    for (const text of numbered(prefix, count)) ({ conversationId } = await chat.say(toUser(bob.id), text));
    return conversationId;
  }

  test('it comes between the welcome and caught_up, in order', async () => {
    await write('m', 30);
    const chat = bob.open();
    chat.send(hello());
    const frames = await chat.until('caughtUp');
    expect(frames[0]?.$case).toBe('welcome');
    expect(texts(frames)).toEqual(numbered('m', 30));
    expect(new Set(frames.slice(1, -1).map(({ $case }) => $case))).toEqual(new Set(['deliver']));
  });

  test('without an acknowledgement it comes again, with one only what is new', async () => {
    const conversationId = await write('m', 20);
    const first = await bob.resume();
    await first.chat.finish();
    const second = await bob.resume();
    expect(texts(second.waited)).toEqual(numbered('m', 20));
    second.chat.send(ack({ conversationId, seq: 15n }));
    await second.chat.finish();

    const third = await bob.resume();
    expect(texts(third.waited)).toEqual(numbered('m', 20).slice(15));
    third.chat.send(ack({ conversationId, seq: 20n }));
    await third.chat.finish();
    await write('new', 3);
    expect(texts((await bob.resume()).waited)).toEqual(numbered('new', 3));
  });

  test('an acknowledgement counts for a stream that opens while the first is still there', async () => {
    const conversationId = await write('m', 5);
    const { chat } = await bob.resume();
    chat.send(ack({ conversationId, seq: 3n }));
    await chat.settled();
    expect(texts((await bob.resume()).waited)).toEqual(['m 4', 'm 5']);
  });

  test('acknowledgements never go back', async () => {
    const conversationId = await write('m', 5);
    const { chat } = await bob.resume();
    chat.send(ack({ conversationId, seq: 5n }), ack({ conversationId, seq: 2n }, { conversationId, seq: 0n }));
    await chat.finish();
    expect((await bob.resume()).waited).toEqual([]);
  });

  test('several conversations wait, each in its order', async () => {
    const others = await stage().users('carol', 'dave');
    for (const other of [ann, ...others]) {
      const chat = await other.connect();
      for (const text of numbered(other.name, 12)) await chat.say(toUser(bob.id), text);
    }
    const { waited } = await bob.resume();
    const told = texts(waited);
    expect(told).toHaveLength(36);
    for (const { name } of [ann, ...others]) {
      expect(told.filter((text) => text.startsWith(name))).toEqual(numbered(name, 12));
    }
  });

  test('more than a page, and more than a frame, waits in order', async () => {
    const long = 'x'.repeat(8_000);
    const chat = await ann.connect();
    for (let sent = 0; sent < 250; sent += 1) await chat.say(toUser(bob.id), long);
    const { waited } = await bob.resume();
    const seqs = waited.flatMap((frame) => (frame.$case === 'deliver' ? frame.value.messages.map((m) => m.seq) : []));
    expect(seqs).toEqual(Array.from({ length: 250 }, (_, index) => BigInt(index + 1)));
    expect(waited.length).toBeGreaterThan(2_000_000 / 262_144);
  });

  test('what one wrote oneself does not wait for the device without a store', async () => {
    await write('m', 3);
    expect((await ann.resume()).waited).toEqual([]);
  });

  test('half-closing right after hello still gives all that waited', async () => {
    await write('m', 40);
    const chat = bob.open();
    chat.send(hello());
    expect(await chat.finish()).toMatchObject({ code: 0 });
    expect(texts(await chat.until('caughtUp'))).toEqual(numbered('m', 40));
  });
});

function texts(frames: readonly ResponseFrame[]): string[] {
  return frames.flatMap((frame) => (frame.$case === 'deliver' ? frame.value.messages.map(textOf) : []));
}
