import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createConnection, type Connection, type RowDataPacket } from 'mysql2/promise';
import { systemClock } from '../../server/lib/clock.ts';
import { openStore } from '../../server/store/open-store.ts';
import type { Store } from '../../server/store/seam/store.ts';
import type { Transaction } from '../../server/store/seam/transaction.ts';
import { createDatabase } from '../setup/mariadb.ts';
import { text, World } from './world.ts';

// SQLite has one writer: there, one of the two is over before the other begins.

let store: Store;
let world: World;
let sql: Connection;

beforeAll(async () => {
  const url = await createDatabase();
  store = await openStore({ url, migrate: true, clock: systemClock });
  world = new World(store);
  const { searchParams, pathname } = new URL(url);
  sql = await createConnection({
    socketPath: searchParams.get('socketPath')!,
    user: 'root',
    database: pathname.slice(1),
  });
});
afterAll(async () => {
  await sql.end();
  await store[Symbol.asyncDispose]();
});

async function gramsOf(conversationId: number): Promise<number[]> {
  const statement = 'SELECT gram FROM message_gram WHERE conversation_id = ?';
  const [rows] = await sql.query<(RowDataPacket & { gram: number })[]>(statement, [conversationId]);
  return rows.map(({ gram }) => gram);
}

/** Resolves when a transaction on this database waits for a lock; to false where `over` is true before. */
async function somebodyWaits(over: () => boolean): Promise<boolean> {
  const waiting = `
    SELECT COUNT(*) AS count FROM information_schema.innodb_trx t
    JOIN information_schema.processlist p ON p.id = t.trx_mysql_thread_id
    WHERE t.trx_state = 'LOCK WAIT' AND p.db = DATABASE()`;
  while (!over()) {
    const [rows] = await sql.query<(RowDataPacket & { count: number })[]>(waiting);
    if (rows[0]!.count > 0) return true;
    // The table is a copy, made anew only when nobody has read it for a tenth of a second.
    await sql.query('SELECT SLEEP(0.12)');
  }
  return false;
}

const changes: Record<string, (tx: Transaction, conversationId: number) => Promise<void>> = {
  recalled: (tx, conversationId) => tx.log.eraseContent({ conversationId, seq: 1 }, 2, 0),
  edited: (tx, conversationId) =>
    tx.log.replaceContent({ conversationId, seq: 1, editSeq: 2, content: { text: 'new' }, revision: 1, at: 0 }),
};

test.each(Object.entries(changes))(
  'a message that is %s while it is being indexed leaves nothing in the index',
  async (_what, change) => {
    const { a, id } = await world.direct();
    await world.say(id, a.id, text('old'), { kind: 'recall', targetSeq: 1 });
    let isOver = false;
    let changing: Promise<void> | undefined;
    await store.transact(async ({ search }) => {
      await search.lock(id, 'wait');
      const [entry] = await search.entriesAfter(id, 0, 1);
      expect(entry!.text).toBe('old');
      changing = store
        .transact(async (tx) => {
          await tx.log.lock([id], 'wait');
          await change(tx, id);
        })
        .finally(() => (isOver = true));
      expect(await somebodyWaits(() => isOver)).toBe(true);
      await search.replaceGrams(id, [{ seq: 1, createdAt: 3_001, grams: [1] }]);
    });
    await changing;
    expect(await gramsOf(id)).toEqual([]);
  },
);

test.each(Object.entries(changes))(
  'a message that is being %s is indexed as it is afterwards',
  async (what, change) => {
    const { a, id } = await world.direct();
    await world.say(id, a.id, text('old'), { kind: 'recall', targetSeq: 1 });
    let isOver = false;
    let reading: Promise<string | null> | undefined;
    await store.transact(async (tx) => {
      await tx.log.lock([id], 'wait');
      await change(tx, id);
      reading = store
        .transact(async ({ search }) => {
          await search.lock(id, 'wait');
          const [entry] = await search.entriesAfter(id, 0, 1);
          return entry!.text;
        })
        .finally(() => (isOver = true));
      expect(await somebodyWaits(() => isOver)).toBe(true);
    });
    expect(await reading).toBe(what === 'recalled' ? null : 'new');
  },
);
