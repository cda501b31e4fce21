import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';

import { createGroup } from '../../server/groups/create-group.ts';
import { MemoryBus } from '../../server/bus/memory-bus.ts';
import { systemClock } from '../../server/lib/clock.ts';
import { openStore } from '../../server/store/open-store.ts';
import type { GroupRecord, UserRecord } from '../../server/store/records.ts';
import type { Store } from '../../server/store/store.ts';
import { Device, type Told } from './device.ts';
import { events, ScrambledReplica } from './replica.ts';
import type { Fate } from './scrambled.ts';

/**
 * DESIGN §5 by brute force: users join, leave, connect, acknowledge and send while every read, event and timer of
 * delivery happens at a time of the scheduler's choosing, and entries of groups are lost or doubled on the bus.
 * Whatever the order, at the end each stream has been told exactly what its user may read.
 */

/** More by PARLEY_TEST_RUNS. */
const RUNS = Number(process.env['PARLEY_TEST_RUNS'] ?? 300);

let store: Store;
let serial = 0;

beforeAll(async () => {
  store = await openStore({ url: 'sqlite::memory:', migrate: true, clock: systemClock });
});

afterAll(async () => {
  await store[Symbol.asyncDispose]();
});

async function makeUser(): Promise<UserRecord> {
  const name = `user${(serial += 1)}`;
  return store.accounts.insert({ name, foldedName: name, passwordHash: '-', createdAt: 0 });
}

async function makeGroup(owner: UserRecord): Promise<GroupRecord> {
  const wanted = { name: 'team', description: '', joinPolicy: 'open' as const, memberLimit: 0, requestId: '' };
  return createGroup({ store, bus: new MemoryBus(), clock: systemClock, events }, owner, wanted);
}

/** What the reader may read after `position`, from the store itself. */
async function visibleAfter(reader: UserRecord, conversationId: number, position: number): Promise<number[]> {
  const limits = { limit: 1_000, maxBytes: 1e9 };
  const { entries } = await store.log.readVisible(reader.id, conversationId, { afterSeq: position }, limits);
  return entries.map(({ seq }) => seq);
}

const seqsOf = (told: readonly Told[], kinds: readonly string[]) =>
  told.flatMap((item) => (item.kind !== 'skip' && kinds.includes(item.kind) ? [item.seq] : []));

/** Every seq that was told of, and none twice: delivered, own, or skipped. */
function covered(told: readonly Told[]): number[] {
  return told
    .flatMap((item) => {
      if (item.kind !== 'skip') return [item.seq];
      return Array.from({ length: item.to - item.from + 1 }, (_, index) => item.from + index);
    })
    .sort((a, b) => a - b);
}

const fates = fc.infiniteStream(
  fc.oneof(
    { weight: 6, arbitrary: fc.constant<Fate>('arrives') },
    { weight: 1, arbitrary: fc.constant<Fate>('lost') },
    { weight: 1, arbitrary: fc.constant<Fate>('doubled') },
  ),
);

const outboxLimits = fc.constantFrom({ maxBytes: 1e6, maxFrameBytes: 1e5 }, { maxBytes: 300, maxFrameBytes: 1_000 });

describe('a group, in any interleaving', () => {
  type Step = 'send' | 'own-send' | 'join' | 'leave' | 'reconnect' | 'ack';
  const writerSteps = fc.array(fc.constantFrom<Step>('send'), { minLength: 1, maxLength: 8 });
  const readerSteps = fc.array(
    fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom<Step>('join', 'leave') },
      { weight: 2, arbitrary: fc.constantFrom<Step>('reconnect', 'ack') },
      { weight: 2, arbitrary: fc.constant<Step>('own-send') },
    ),
    { minLength: 1, maxLength: 8 },
  );

  test('each stream is told exactly what its user may read, in order, once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fates,
        outboxLimits,
        writerSteps,
        readerSteps,
        fc.boolean(),
        async (scheduler, fate, limits, writing, reading, keepsStore) => {
          const [writer, reader] = await Promise.all([makeUser(), makeUser()]);
          const group = await makeGroup(writer);
          const { conversationId } = group;
          const target = { kind: 'group', groupId: group.id } as const;
          const replica = new ScrambledReplica(store, scheduler, fate, limits);
          const logEpoch = await store.logEpoch();

          const write = async () => {
            for (const _ of writing) {
              await scheduler.schedule(Promise.resolve(), 'a send');
              await replica.sender.sendOne(writer, { clientMessageId: randomUUID(), target, content: { text: 'hi' } });
            }
          };

          let device = new Device(replica, reader);
          let startedAt = 0;
          const read = async () => {
            await device.hello(null);
            for (const step of reading) {
              await scheduler.schedule(Promise.resolve(), step);
              if (step === 'join') await replica.membership.join(reader, group.id);
              if (step === 'leave') await replica.membership.leave(reader, group.id).catch(() => undefined);
              if (step === 'own-send') await device.send(target, randomUUID());
              if (step === 'ack') device.ack();
              if (step !== 'reconnect') continue;
              await device.close();
              await replica.chat.cursors.flush();
              const told = device.told.get(conversationId) ?? [];
              const has = covered(told).findLast((seq, index, all) => index === 0 || all[index - 1] === seq - 1);
              const cursor = keepsStore && has !== undefined ? contiguousEnd(startedAt, told) : null;
              device = new Device(replica, reader);
              if (cursor === null) {
                startedAt = (await store.cursors.get(reader.id, conversationId))?.deliveredSeq ?? 0;
                await device.hello(null);
              } else {
                startedAt = cursor;
                await device.hello({ logEpoch, positions: new Map([[conversationId, cursor]]) });
              }
            }
          };

          await scheduler.waitFor(Promise.all([write(), read()]));
          await replica.reconcile([conversationId]);
          await scheduler.waitIdle();

          const told = device.told.get(conversationId) ?? [];
          const delivered = seqsOf(told, ['entry']);
          expect(delivered).toEqual([...delivered].sort((a, b) => a - b));
          const seqs = covered(told);
          expect(new Set(seqs).size).toBe(seqs.length);
          const from = Math.max(startedAt, (seqs[0] ?? startedAt + 1) - 1);
          const visible = await visibleAfter(reader, conversationId, from);
          expect(seqsOf(told, ['entry', 'own']).sort((a, b) => a - b)).toEqual(visible);
          expect(device.caughtUp).toBe(1);
          await device.close();
        },
      ),
      { numRuns: RUNS },
    );
  }, 120_000);
});

/** The end of what a client has without a gap, from where its stream started. */
function contiguousEnd(startedAt: number, told: readonly Told[]): number {
  const seqs = new Set(covered(told));
  let end = startedAt || Math.min(...seqs) - 1;
  while (seqs.has(end + 1)) end += 1;
  return end;
}
