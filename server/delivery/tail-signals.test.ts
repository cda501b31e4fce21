import { beforeEach, describe, expect, test } from '@jest/globals';

import { silentEvents } from '../../test/domain/domain.ts';
import { ManualClock } from '../../test/domain/manual-clock.ts';
import type { Entry } from '../store/seam/entry.ts';
import type { LogStore } from '../store/seam/log.ts';
import type { Period } from '../store/seam/records.ts';
import type { Feed } from './feed.ts';
import { type GroupSignal, Tail } from './tail.ts';

const GROUP = { id: 1, kind: 'group', groupId: 7 } as const;
const [ANN, BOB, CAROL] = [1, 2, 3];

function entry(seq: number): Entry {
  return {
    conversationId: GROUP.id,
    seq,
    ordinal: seq,
    target: { kind: 'group', groupId: GROUP.groupId },
    senderId: ANN,
    senderName: 'ann',
    clientMessageId: null,
    createdAt: 0,
    body: { kind: 'content', content: { text: 'hi' } },
  };
}

const receipt = (userId: number, readSeq: number): GroupSignal => ({
  type: 'receipt',
  to: null,
  conversationId: GROUP.id,
  userId,
  deliveredSeq: 0,
  readSeq,
});
const typing = (userId: number): GroupSignal => ({
  type: 'typing',
  to: null,
  conversationId: GROUP.id,
  userId,
  target: { kind: 'group', groupId: GROUP.groupId },
  stopped: false,
});

describe('signals to a group', () => {
  let clock: ManualClock;
  let periods: Period[];
  let membersVersion: number;
  let stored: Entry[];
  let audiencesRead: number;
  let tail: Tail;
  /** Who was told what, in order: "entry 5", "receipt of 2 at 5", "typing of 2". */
  let told: (readonly [userId: number, what: string])[];

  beforeEach(() => {
    clock = new ManualClock();
    membersVersion = 1;
    stored = [];
    audiencesRead = 0;
    told = [];
    periods = [ANN, BOB, CAROL].map((userId) => ({ userId, joinedSeq: 1, leftSeq: null }));
    const log: Pick<LogStore, 'audience' | 'read'> = {
      audience: async () => {
        audiencesRead += 1;
        return { membersVersion, periods };
      },
      read: async (_id, afterSeq) => stored.filter(({ seq }) => seq > afterSeq),
    };
    tail = new Tail(GROUP, { log: log as LogStore, clock, events: silentEvents });
    for (const userId of [ANN, BOB, CAROL]) tail.attach(streamOf(userId));
    tail.join(5);
  });

  function streamOf(userId: number): Feed {
    const note = (what: string) => void told.push([userId, what]);
    return {
      userId,
      offer: ({ seq }: Entry) => note(`entry ${seq}`),
      tell: (signal: GroupSignal) =>
        note(`${signal.type} of ${signal.userId}${signal.type === 'receipt' ? ` at ${signal.readSeq}` : ''}`),
    } as unknown as Feed;
  }

  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  const leaves = (userId: number, leftSeq: number) => {
    membersVersion += 1;
    periods = periods.map((period) => (period.userId === userId ? { ...period, leftSeq } : period));
  };

  test('are told to the other members, by one reading of who they are', async () => {
    tail.tell(receipt(BOB, 5));
    await settle();
    tail.tell(typing(BOB));
    tail.tell(receipt(ANN, 4));
    await settle();
    expect(told).toEqual([
      [ANN, 'receipt of 2 at 5'],
      [CAROL, 'receipt of 2 at 5'],
      [ANN, 'typing of 2'],
      [CAROL, 'typing of 2'],
      [BOB, 'receipt of 1 at 4'],
      [CAROL, 'receipt of 1 at 4'],
    ]);
    expect(audiencesRead).toBe(1);
  });

  test('of what is beyond the entries that came wait for those: who has left by then hears nothing', async () => {
    tail.tell(receipt(ANN, 5));
    await settle();
    told = [];
    leaves(CAROL, 6);
    tail.tell(receipt(BOB, 7));
    await settle();
    expect(told).toEqual([]);
    tail.receive(entry(7), membersVersion);
    tail.receive(entry(6), membersVersion);
    clock.advance(20);
    await settle();
    expect(told.filter(([userId]) => userId === CAROL)).toEqual([[CAROL, 'entry 6']]);
    expect(told.filter(([userId]) => userId === ANN)).toEqual([
      [ANN, 'entry 6'],
      [ANN, 'entry 7'],
      [ANN, 'receipt of 2 at 7'],
    ]);
  });

  test('find entries that the bus has lost', async () => {
    stored = [entry(6), entry(7)];
    tail.tell(receipt(BOB, 7));
    clock.advance(20);
    await settle();
    expect(told.filter(([userId]) => userId === ANN)).toEqual([
      [ANN, 'entry 6'],
      [ANN, 'entry 7'],
      [ANN, 'receipt of 2 at 7'],
    ]);
  });

  test('of what is not in the log are dropped', async () => {
    tail.tell(receipt(BOB, 99));
    clock.advance(20);
    await settle();
    tail.tell(receipt(BOB, 5));
    await settle();
    expect(told).toEqual([
      [ANN, 'receipt of 2 at 5'],
      [CAROL, 'receipt of 2 at 5'],
    ]);
  });

  test('of who is no member are dropped', async () => {
    leaves(BOB, 5);
    tail.tell(receipt(BOB, 5));
    tail.tell(typing(BOB));
    await settle();
    expect(told).toEqual([]);
  });

  test('typing is lost while entries are on their way', async () => {
    tail.receive(entry(7), membersVersion);
    tail.tell(typing(BOB));
    tail.receive(entry(6), membersVersion);
    clock.advance(20);
    await settle();
    expect(told.map(([, what]) => what)).not.toContain('typing of 2');
  });

  test('that wait are bounded', async () => {
    tail.receive(entry(7), membersVersion);
    for (let n = 0; n < 2_000; n += 1) tail.tell(receipt(BOB, 5));
    tail.receive(entry(6), membersVersion);
    clock.advance(20);
    await settle();
    expect(told.filter(([userId, what]) => userId === ANN && what.startsWith('receipt'))).toHaveLength(1_000);
  });
});
