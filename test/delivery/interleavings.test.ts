import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';

import type { UserCursor } from '../../server/store/seam/cursors.ts';
import type { Store } from '../../server/store/seam/store.ts';
import { Device } from './device.ts';
import { ScrambledReplica } from './replica.ts';
import type { Fate } from './scrambled.ts';
import { ascending, contiguousEnd, covered, seqsOf, type Told } from './told.ts';
import { openMemoryStore } from '../domain/domain.ts';
import { makeGroup, makeUser, visibleAfter } from './world.ts';

/**
 * DESIGN §5 by brute force: users join, leave, connect, acknowledge and send while every read, event and timer of
 * delivery happens at a time of the scheduler's choosing, and any event is lost or doubled on the bus. Whatever the order,
 * after a look into the log each stream has been told exactly what its user may read.
 */

/** More by PARLEY_TEST_RUNS. */
const RUNS = Number(process.env['PARLEY_TEST_RUNS'] ?? 300);

let store: Store;

beforeAll(async () => {
  store = await openMemoryStore();
});

afterAll(async () => {
  await store[Symbol.asyncDispose]();
});

const someLost = fc.infiniteStream(
  fc.oneof(
    { weight: 6, arbitrary: fc.constant<Fate>('arrives') },
    { weight: 1, arbitrary: fc.constant<Fate>('lost') },
    { weight: 1, arbitrary: fc.constant<Fate>('doubled') },
  ),
);
const allLost = fc.infiniteStream(fc.constant<Fate>('lost'));
const fates = fc.oneof({ weight: 4, arbitrary: someLost }, { weight: 1, arbitrary: allLost });

/** With room, and so tight that a stream falls behind with every entry. */
const outboxLimits = fc.constantFrom({ maxBytes: 1e6, maxFrameBytes: 1e5 }, { maxBytes: 300, maxFrameBytes: 1_000 });

function expectOrderedOnce(told: readonly Told[]): void {
  const delivered = seqsOf(told, 'entry');
  expect(delivered).toEqual(ascending(delivered));
  const seqs = covered(told);
  expect(new Set(seqs).size).toBe(seqs.length);
}

describe('a group', () => {
  type Step = 'own-send' | 'join' | 'leave' | 'reconnect' | 'ack' | 'reconcile';
  const steps = fc.array(
    fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom<Step>('join', 'leave') },
      { weight: 2, arbitrary: fc.constantFrom<Step>('reconnect', 'ack', 'reconcile') },
      { weight: 2, arbitrary: fc.constant<Step>('own-send') },
    ),
    { minLength: 1, maxLength: 8 },
  );
  const scene = fc.record({
    scheduler: fc.scheduler(),
    fates,
    outboxLimits,
    sends: fc.integer({ min: 1, max: 8 }),
    steps,
    keepsStore: fc.boolean(),
  });

  test('each stream is told exactly what its user may read, in order, once', async () => {
    const property = fc.asyncProperty(scene, async ({ scheduler, fates: fate, outboxLimits: limits, ...plan }) => {
      const [writer, reader] = await Promise.all([makeUser(store), makeUser(store)]);
      const group = await makeGroup(store, writer);
      const { conversationId } = group;
      const { databaseNow: since } = await store.log.activeSince(null);
      const target = { kind: 'group', groupId: group.id } as const;
      const replica = new ScrambledReplica(store, scheduler, fate, limits);
      const logEpoch = await store.logEpoch();
      let device = new Device(replica, reader);
      let startedAt = 0;
      const toldCursors: UserCursor[] = [];

      const write = async () => {
        for (let sent = 0; sent < plan.sends; sent += 1) {
          await scheduler.schedule(Promise.resolve(), 'a send');
          const message = { clientMessageId: randomUUID(), target, content: { text: 'hi' } };
          const { seq } = await replica.sender.sendOne(writer, message);
          replica.tellRead(group, writer, seq);
        }
      };

      const reconnect = async () => {
        await device.close();
        toldCursors.push(...device.cursors);
        await replica.chat.cursors.flush();
        const told = device.told.get(conversationId) ?? [];
        device = new Device(replica, reader);
        if (plan.keepsStore && told.length > 0) {
          startedAt = contiguousEnd(startedAt, told);
          return device.hello({ logEpoch, positions: new Map([[conversationId, startedAt]]) });
        }
        startedAt = (await store.cursors.get(reader.id, conversationId))?.deliveredSeq ?? 0;
        return device.hello(null);
      };

      const read = async () => {
        await device.hello(null);
        for (const step of plan.steps) {
          await scheduler.schedule(Promise.resolve(), step);
          if (step === 'join') await replica.membership.join(reader, group.id);
          // A stranger can't leave.
          if (step === 'leave') await replica.membership.leave(reader, group.id).catch(() => undefined);
          if (step === 'own-send') await device.send(target, randomUUID());
          if (step === 'ack') device.ack();
          if (step === 'reconnect') await reconnect();
          if (step === 'reconcile') await replica.reconcile(since);
        }
      };

      await scheduler.waitFor(Promise.all([write(), read()]));
      await scheduler.waitIdle();
      await scheduler.waitFor(replica.reconcile(since));
      await scheduler.waitIdle();

      const told = device.told.get(conversationId) ?? [];
      expectOrderedOnce(told);
      // A join raises the server's cursor, so a stream may begin later than it would have when it was opened.
      const from = Math.max(startedAt, (covered(told)[0] ?? startedAt + 1) - 1);
      expect(ascending(seqsOf(told, 'entry', 'own'))).toEqual(
        await visibleAfter(store, reader.id, conversationId, from),
      );
      expect(device.caughtUp).toBe(1);
      await device.close();

      // Nobody hears how far others are in what goes on without them.
      const visible = await visibleAfter(store, reader.id, conversationId, 0);
      for (const { readSeq } of [...toldCursors, ...device.cursors]) {
        expect(readSeq).toBeLessThanOrEqual(visible.at(-1) ?? 0);
      }
    });
    await fc.assert(property, { numRuns: RUNS });
  }, 600_000);
});

describe('a first contact', () => {
  const scene = fc.record({
    scheduler: fc.scheduler(),
    fates,
    outboxLimits,
    /** Who sends: one of two users, on one of two devices each, or by a call of its own. */
    sends: fc.array(
      fc.record({ by: fc.constantFrom<0 | 1>(0, 1), through: fc.constantFrom<0 | 1 | 'call'>(0, 1, 'call') }),
      {
        minLength: 1,
        maxLength: 8,
      },
    ),
    /** Devices that are opened only while the others are sending. */
    late: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
  });

  test('makes one conversation, and each device of both has all of it', async () => {
    const property = fc.asyncProperty(scene, async ({ scheduler, fates: fate, outboxLimits: limits, sends, late }) => {
      const users = await Promise.all([makeUser(store), makeUser(store)]);
      const { databaseNow: since } = await store.log.activeSince(null);
      const replica = new ScrambledReplica(store, scheduler, fate, limits);
      const devices = users.map((user) => [new Device(replica, user), new Device(replica, user)] as const);
      const opened = devices.flat().map(async (device, index) => {
        if (late[index]) await scheduler.schedule(Promise.resolve(), 'a device opens');
        await device.hello(null);
      });

      const send = async ({ by, through }: (typeof sends)[number]) => {
        await scheduler.schedule(Promise.resolve(), 'a send');
        const [sender, recipient] = by === 0 ? users : users.toReversed();
        const target = { kind: 'user', userId: recipient!.id } as const;
        const clientMessageId = randomUUID();
        if (through === 'call')
          await replica.sender.sendOne(sender!, { clientMessageId, target, content: { text: 'hi' } });
        else {
          await opened[by * 2 + through];
          await devices[by]![through].send(target, clientMessageId);
        }
      };

      await scheduler.waitFor(Promise.all([...opened, ...sends.map(send)]));
      await scheduler.waitFor(replica.settled());
      await scheduler.waitIdle();
      await scheduler.waitFor(replica.reconcile(since));
      await scheduler.waitIdle();

      const conversation = await store.log.direct(users[0].id, users[1].id);
      const all = Array.from({ length: sends.length }, (_, index) => index + 1);
      for (const device of devices.flat()) {
        expect([...device.told.keys()]).toEqual([conversation?.id]);
        const told = device.told.get(conversation?.id ?? 0) ?? [];
        expectOrderedOnce(told);
        expect(ascending(seqsOf(told, 'entry', 'own'))).toEqual(all);
        await device.close();
      }
    });
    await fc.assert(property, { numRuns: RUNS });
  }, 600_000);
});
