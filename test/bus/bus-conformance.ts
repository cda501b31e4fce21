import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import type { Bus, BusEvent } from '../../server/bus/bus.ts';
import { freshChannels, Member } from './member.ts';

/** Channels enough to have some at every Redis of a cluster. */
const EVERYWHERE = 40;

/** What every implementation of the bus must do. `open` gives one more bus that is `up` and hears the others. */
export function busConformance(name: string, open: () => Promise<Bus>, howMany: number): void {
  describe(name, () => {
    let members: Member[];
    let first: Member;
    let last: Member;

    beforeEach(async () => {
      members = await Promise.all(Array.from({ length: howMany }, async () => new Member(await open())));
      first = members[0]!;
      last = members.at(-1)!;
    });
    afterEach(() => Promise.all(members.map((member) => member[Symbol.asyncDispose]())));

    /** Returns when everything that `publisher` has published before has arrived where it arrives at all. */
    async function settled(publisher: Member): Promise<void> {
      const channels = freshChannels(EVERYWHERE);
      await Promise.all(members.map(({ bus }) => bus.subscribe(channels)));
      for (const channel of channels) publisher.publish(channel, 1);
      for (const member of members) {
        await member.until(() => channels.every((channel) => member.numbers(channel).length === 1));
      }
    }

    test('is up, and tells nobody so', () => {
      for (const { bus, states } of members) expect([bus.state, states]).toEqual(['up', []]);
    });

    test('carries what is published to whoever has subscribed to the channel, once', async () => {
      const [channel, other] = freshChannels(2) as [`user:${number}`, `user:${number}`];
      await Promise.all(members.map(({ bus }) => bus.subscribe([channel])));
      members.forEach((member, n) => member.publish(channel, n + 1));
      members.forEach((member, n) => member.publish(other, n + 1));
      for (const member of members) await settled(member);
      const all = members.map((_member, n) => n + 1);
      for (const member of members) {
        expect(member.numbers(channel).toSorted()).toEqual(all);
        expect(member.numbers(other)).toEqual([]);
      }
    });

    test('keeps the order of what one publishes to a channel', async () => {
      const channels = freshChannels(5);
      await last.bus.subscribe(channels);
      const numbers = Array.from({ length: 500 }, (_unused, n) => n + 1);
      for (const number of numbers) {
        for (const channel of channels) first.publish(channel, number);
        if (number % 100 === 0) await new Promise<void>((resolve) => setImmediate(resolve));
      }
      await settled(first);
      for (const channel of channels) expect(last.numbers(channel)).toEqual(numbers);
    });

    test('gives a bus its own events before anything else happens, but never within the publish', async () => {
      const [channel] = freshChannels(1) as [`user:${number}`];
      await first.bus.subscribe([channel]);
      first.publish(channel, 1);
      expect(first.numbers(channel)).toEqual([]);
      await Promise.resolve();
      expect(first.numbers(channel)).toEqual([1]);
      await settled(first);
      expect(first.numbers(channel)).toEqual([1]);
    });

    test('subscribing twice counts once: nothing comes twice, and giving up once is enough', async () => {
      const [channel] = freshChannels(1) as [`user:${number}`];
      await Promise.all([last.bus.subscribe([channel, channel]), last.bus.subscribe([channel])]);
      await last.bus.subscribe([channel]);
      first.publish(channel, 1);
      await settled(first);
      await last.bus.unsubscribe([channel]);
      first.publish(channel, 2);
      await settled(first);
      expect(last.numbers(channel)).toEqual([1]);
    });

    test('a channel that was given up is silent at once, the others are not', async () => {
      const [kept, gone, never] = freshChannels(3) as [`user:${number}`, `user:${number}`, `user:${number}`];
      await last.bus.subscribe([kept, gone]);
      const givenUp = last.bus.unsubscribe([gone, never]);
      for (const channel of [gone, never, kept]) last.publish(channel, 1);
      await givenUp;
      for (const channel of [gone, never, kept]) first.publish(channel, 2);
      await settled(first);
      await settled(last);
      expect([gone, never].map((channel) => last.numbers(channel))).toEqual([[], []]);
      expect(last.numbers(kept).toSorted()).toEqual([1, 2]);
    });

    test('of subscribing and giving up that race each other, the last one holds', async () => {
      const channels = freshChannels(EVERYWHERE);
      const [on, off] = [channels.slice(0, EVERYWHERE / 2), channels.slice(EVERYWHERE / 2)];
      const calls: Promise<void>[] = [];
      for (let round = 0; round < 6; round++) {
        calls.push(last.bus.unsubscribe(on), last.bus.subscribe(off));
        if (round % 2 === 0) await new Promise<void>((resolve) => setImmediate(resolve));
        calls.push(last.bus.subscribe(on), last.bus.unsubscribe(off));
        if (round % 3 === 0) await last.bus.subscribe(freshChannels(1));
      }
      await Promise.all(calls);
      for (const channel of channels) first.publish(channel, 1);
      await settled(first);
      expect(on.map((channel) => last.numbers(channel))).toEqual(on.map(() => [1]));
      expect(off.map((channel) => last.numbers(channel))).toEqual(off.map(() => []));
    });

    test('once a subscription returns, what is published arrives, whoever subscribed meanwhile', async () => {
      const channels = freshChannels(200);
      await Promise.all(
        channels.map(async (channel) => {
          await last.bus.subscribe([channel]);
          first.publish(channel, 1);
        }),
      );
      await settled(first);
      expect(channels.filter((channel) => last.numbers(channel).length !== 1)).toEqual([]);
    });

    test('carries an entry of 1 MiB', async () => {
      const [channel] = freshChannels(1) as [`user:${number}`];
      const event: BusEvent = {
        type: 'entry',
        membersVersion: 3,
        entry: {
          ...{ conversationId: 1, seq: 2, ordinal: 2, target: { kind: 'group', groupId: 4 }, senderId: 5 },
          ...{ senderName: 'ann', clientMessageId: null, createdAt: 1_700_000_000_000 },
          body: { kind: 'content', content: { text: 'é'.repeat(524_288) } },
        },
      };
      await last.bus.subscribe([channel]);
      first.bus.publish(channel, event);
      await last.until(() => last.received.length > 0);
      expect(last.received).toEqual([event]);
    });

    test('carries a thousand channels, subscribed and given up together', async () => {
      const channels = freshChannels(1_000);
      await last.bus.subscribe(channels);
      for (const channel of channels) first.publish(channel, 1);
      await settled(first);
      await last.bus.unsubscribe(channels);
      for (const channel of channels) first.publish(channel, 2);
      await settled(first);
      expect(channels.filter((channel) => last.numbers(channel).join() !== '1')).toEqual([]);
    });

    test('that is disposed of has told the others what it was given before', async () => {
      const channels = freshChannels(EVERYWHERE);
      await first.bus.subscribe(channels);
      for (const channel of channels) last.publish(channel, 1);
      if (first !== last) await last[Symbol.asyncDispose]();
      await first.until(() => channels.every((channel) => first.numbers(channel).length === 1));
    });

    test('that was disposed of is silent and takes everything', async () => {
      const [channel] = freshChannels(1) as [`user:${number}`];
      await last.bus.subscribe([channel]);
      await last[Symbol.asyncDispose]();
      last.publish(channel, 1);
      await last.bus.subscribe([channel]);
      await last.bus.unsubscribe([channel]);
      await last[Symbol.asyncDispose]();
      if (first !== last) {
        first.publish(channel, 2);
        members.pop();
        await settled(first);
      }
      expect(last.numbers(channel)).toEqual([]);
    });
  });
}
