import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { silentEvents } from '../../test/domain/domain.ts';
import { ManualClock } from '../../test/domain/manual-clock.ts';
import { until } from '../../test/domain/until.ts';
import type { Run } from '../store/seam/presence.ts';
import { LocalUsers } from './local-users.ts';
import { RowAudit } from './row-audit.ts';

const HERE: Run = { replica: 'here', incarnation: 'now' };
const THERE: Run = { replica: 'there', incarnation: 'too' };
const EVERY_MS = 30_000;

describe('the database is compared with who is here', () => {
  let clock: ManualClock;
  let users: LocalUsers;
  let rows: Map<number, Run>;
  let unwritten: Set<number>;
  let noted: [number, boolean][];
  let pages: number;
  let failures: number;
  let audit: RowAudit;

  beforeEach(() => {
    clock = new ManualClock();
    users = new LocalUsers(clock, 3_600_000, () => undefined);
    rows = new Map();
    unwritten = new Set();
    noted = [];
    pages = 0;
    failures = 0;
    const store = {
      usersOf: async (run: Run, { afterId, limit }: { afterId: number; limit: number }) => {
        pages += 1;
        if (failures-- > 0) throw new Error('down');
        const ids = [...rows].flatMap(([id, at]) => (at.incarnation === run.incarnation && id > afterId ? [id] : []));
        return ids.sort((a, b) => a - b).slice(0, limit);
      },
      runsOf: async (ids: readonly number[]) => new Map([...rows].filter(([id]) => ids.includes(id))),
    };
    const writer = {
      note: (userId: number, online: boolean) => void noted.push([userId, online]),
      unwrittenAt: (userId: number) => (unwritten.has(userId) ? 1 : undefined),
    };
    audit = new RowAudit({ store, users, rows: writer, clock, events: silentEvents }, HERE);
  });

  afterEach(async () => {
    await audit[Symbol.asyncDispose]();
    users.close();
    expect(clock.timers).toBe(0);
  });

  async function pass(): Promise<void> {
    clock.advance(EVERY_MS);
    // It sets its timer again when it is done; the other one watches who is idle.
    const due = users.ids().length > 0 ? 2 : 1;
    await until(() => clock.timers === due);
  }

  test('whoever is online there and not here is corrected, and the other way round', async () => {
    for (const userId of [1, 2, 3, 4]) users.arrive(userId);
    rows.set(1, HERE).set(2, THERE).set(5, HERE).set(6, THERE).set(7, HERE);
    unwritten.add(4).add(7);
    await pass();
    expect(noted).toEqual([
      [5, false],
      [3, true],
    ]);
  });

  test('of many users, page by page', async () => {
    for (let userId = 1; userId <= 2_500; userId += 1) rows.set(userId, HERE);
    for (let userId = 2_000; userId <= 4_500; userId += 1) users.arrive(userId);
    await pass();
    expect(pages).toBe(3);
    expect(noted.filter(([, online]) => !online)).toHaveLength(1_999);
    expect(noted.filter(([, online]) => online)).toHaveLength(2_000);
  });

  test('and again after a failure', async () => {
    failures = 1;
    rows.set(5, HERE);
    await pass();
    expect(noted).toEqual([]);
    await pass();
    expect(noted).toEqual([[5, false]]);
  });
});
