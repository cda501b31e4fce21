import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';

import type { Channel } from '../../server/bus/bus.ts';
import { RedisProcess } from '../cluster/redis-process.ts';
import { heldBytes } from '../e2e/protocol/held-bytes.ts';
import { makeTempFolder, removeTempFolder } from '../setup/temp-folder.ts';
import { freshChannels, Member } from './member.ts';
import { openRedisBus } from './open-redis-bus.ts';
import { ToldLog } from './told-log.ts';

/** Until a change is noticed, at most, and what a call may take meanwhile. */
const NOTICED_WITHIN_MS = 3_000;
const AT_ONCE_MS = 500;

describe('a bus whose Redis fails', () => {
  let folder: string;
  let server: RedisProcess;
  let members: Member[];
  let log: ToldLog;

  beforeEach(async () => {
    folder = await makeTempFolder('faults');
    server = new RedisProcess(folder);
    members = [];
    log = new ToldLog();
  });
  afterEach(async () => {
    await Promise.all(members.map((member) => member[Symbol.asyncDispose]()));
    await server.stop();
    await removeTempFolder(folder);
  });

  async function join(events?: ToldLog): Promise<Member> {
    const member = new Member(await openRedisBus(server.url, events));
    members.push(member);
    return member;
  }

  /** What `work` takes in milliseconds. */
  async function took(work: Promise<unknown>): Promise<number> {
    const from = performance.now();
    await work;
    return performance.now() - from;
  }

  /** Everything that is published arrives everywhere, on channels that were subscribed to before and while it was down. */
  async function expectArrival(channels: readonly Channel[]): Promise<void> {
    for (const publisher of members) {
      const number = 1 + Math.floor(Math.random() * 2 ** 50);
      for (const channel of channels) publisher.publish(channel, number);
      for (const member of members) {
        await member.until(() => channels.every((channel) => member.numbers(channel).includes(number)));
      }
    }
  }

  async function command<T>(work: (redis: Redis) => Promise<T>): Promise<T> {
    const redis = new Redis({ path: server.url.slice('unix://'.length) });
    try {
      return await work(redis);
    } finally {
      await redis.quit();
    }
  }

  const FAULTS: readonly [what: string, breakIt: () => Promise<void>, mendIt: () => Promise<void>][] = [
    ['stands still and goes on', () => server.pause(), async () => server.resume()],
    ['is killed and started again, empty', () => server.kill(), () => server.start()],
    ['ends in order and is started again', () => server.stop(), () => server.start()],
  ];

  test.each(FAULTS)(
    '%s',
    async (_what, breakIt, mendIt) => {
      await server.start();
      await join(log);
      await join();
      const channels = freshChannels(20);
      await Promise.all(members.map(({ bus }) => bus.subscribe(channels.slice(0, 10))));
      await expectArrival(channels.slice(0, 10));

      await breakIt();
      // The other one says nothing, and notices all the same.
      const subscribing = took(members[1]!.bus.subscribe(channels.slice(10)));
      const noticed = await took(Promise.all(members.map((member) => member.untilState('degraded'))));
      expect(noticed).toBeLessThan(NOTICED_WITHIN_MS);
      expect(await subscribing).toBeLessThan(NOTICED_WITHIN_MS);
      for (const member of members) {
        expect(await took(member.bus.subscribe(channels.slice(10)))).toBeLessThan(AT_ONCE_MS);
        expect(await took(member.bus.unsubscribe(freshChannels(3)))).toBeLessThan(AT_ONCE_MS);
        member.publish(channels[0]!, 7);
        await Promise.resolve();
        expect(member.numbers(channels[0]!)).toContain(7);
      }

      await mendIt();
      const back = await took(Promise.all(members.map((member) => member.untilState('up'))));
      expect(back).toBeLessThan(NOTICED_WITHIN_MS);
      await expectArrival(channels);
      for (const { states } of members) expect(states).toEqual(['degraded', 'up']);
      expect(log.messages).toEqual(['bus up', 'bus degraded', 'bus up']);
      expect(log.lines[1]?.err?.message).toEqual(expect.stringMatching(/\S/));
      expect(log.lines[2]?.downMs).toBeGreaterThan(0);
    },
    30_000,
  );

  test.each(['publisher', 'subscriber'])(
    'that ends the connection of its %s alone',
    async (role) => {
      await server.start();
      const first = await join();
      const second = await join(log);
      const channels = freshChannels(20);
      await Promise.all(members.map(({ bus }) => bus.subscribe(channels)));
      const ids = await command(async (redis) => {
        const clients = (await redis.client('LIST')) as string;
        return [...clients.matchAll(/^id=(\d+) .*name=parley-bus-(\w+)/gm)].flatMap(([, id, name]) =>
          name === role ? [Number(id)] : [],
        );
      });
      expect(ids).toHaveLength(2);
      await command((redis) => redis.client('KILL', 'ID', Math.max(...ids)));
      await second.untilState('degraded');
      expect(await took(second.untilState('up'))).toBeLessThan(NOTICED_WITHIN_MS);
      await expectArrival(channels);
      expect(second.states).toEqual(['degraded', 'up']);
      expect(first.states).toEqual([]);
    },
    30_000,
  );

  test('takes back the right to its channels', async () => {
    await server.start();
    const member = await join(log);
    await command((redis) => redis.call('ACL', 'SETUSER', 'default', 'resetchannels'));
    await member.untilState('degraded');
    await command((redis) => redis.call('ACL', 'SETUSER', 'default', 'allchannels'));
    await member.untilState('up');
    await expectArrival(await subscribed(member));
  }, 30_000);

  async function subscribed(member: Member): Promise<readonly Channel[]> {
    const channels = freshChannels(3);
    await member.bus.subscribe(channels);
    return channels;
  }

  test.each([
    ['is not there', async () => undefined, () => server.start()],
    [
      'stands still',
      async () => {
        await server.start();
        await server.pause();
      },
      async () => server.resume(),
    ],
  ])(
    '%s at the start: it is degraded until it is',
    async (_what, prepare, mendIt) => {
      await prepare();
      expect(await took(join(log))).toBeLessThan(NOTICED_WITHIN_MS);
      const [member] = members as [Member];
      expect([member.bus.state, log.messages]).toEqual(['degraded', ['bus degraded']]);
      const channels = freshChannels(3);
      expect(await took(member.bus.subscribe(channels))).toBeLessThan(AT_ONCE_MS);
      await mendIt();
      expect(await took(member.untilState('up'))).toBeLessThan(NOTICED_WITHIN_MS);
      await join();
      await members[1]!.bus.subscribe(channels);
      await expectArrival(channels);
      expect(log.messages).toEqual(['bus degraded', 'bus up']);
    },
    30_000,
  );

  test('refuses the password, and says so', async () => {
    await server.start();
    await command((redis) => redis.config('SET', 'requirepass', 'secret'));
    const logs = [new ToldLog(), new ToldLog(), new ToldLog()];
    const as = (credentials: string) => server.url.replace('unix://', `unix://${credentials}`);
    const urls = [as(''), as('default:wrong@'), as(':secret@')];
    for (const [n, url] of urls.entries()) members.push(new Member(await openRedisBus(url, logs[n])));
    expect(logs.map(({ messages }) => messages)).toEqual([['bus degraded'], ['bus degraded'], ['bus up']]);
    expect(logs[0]?.lines[0]?.err?.message).toMatch(/NOAUTH/);
    expect(logs[1]?.lines[0]?.err?.message).toMatch(/WRONGPASS/);
    expect(JSON.stringify(logs.map(({ lines }) => lines))).not.toMatch(/wrong"|secret/);
  }, 30_000);

  test('takes nothing for long: what waits for it is bounded', async () => {
    /** 300 MB of entries. */
    function publishMuch(member: Member): void {
      const text = 'x'.repeat(100_000);
      for (let seq = 1; seq <= 3_000; seq++) {
        member.bus.publish('user:1', {
          ...{ type: 'entry', membersVersion: 1 },
          entry: {
            ...{ conversationId: 1, seq, ordinal: seq, target: { kind: 'user', userId: 1 }, senderId: 2 },
            ...{ senderName: 'ann', clientMessageId: null, createdAt: 0 },
            body: { kind: 'content', content: { text } },
          },
        });
      }
    }

    await server.start();
    const member = await join(log);
    const before = await heldBytes();
    await server.pause();
    publishMuch(member);
    expect(log.messages).toContain('events for other replicas lost: Redis is too slow');
    // 32 MiB may wait, and be written to the connection at the same time.
    expect((await heldBytes()) - before).toBeLessThan(100_000_000);

    await member.untilState('degraded');
    publishMuch(member);
    expect((await heldBytes()) - before).toBeLessThan(20_000_000);

    server.resume();
    await member.untilState('up');
    await expectArrival(await subscribed(member));
  }, 30_000);
});
