import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createConnection } from 'mysql2/promise';
import { systemClock } from '../../server/lib/clock.ts';
import { openStore } from '../../server/store/open-store.ts';
import { createDatabase } from '../setup/mariadb.ts';
import { makeTempFolder, removeTempFolder } from '../setup/temp-folder.ts';
import { text, World } from './world.ts';

let folder: string;
beforeAll(async () => {
  folder = await makeTempFolder('history');
});
afterAll(() => removeTempFolder(folder));

const SHOW = 'UPDATE all_group SET history_visible = 1';

/** Databases whose groups all get a visible history, behind the store's back. */
const engines = {
  async SQLite() {
    const path = join(folder, 'history.db');
    const show = () => {
      const database = new Database(path);
      database.exec(SHOW);
      database.close();
      return Promise.resolve();
    };
    return { url: `sqlite:${path}`, show };
  },
  async MariaDB() {
    const url = await createDatabase();
    const show = async () => {
      const { searchParams, pathname } = new URL(url);
      const socketPath = searchParams.get('socketPath')!;
      const connection = await createConnection({ socketPath, user: 'root', database: pathname.slice(1) });
      await connection.query(SHOW);
      await connection.end();
    };
    return { url, show };
  },
};

describe.each(Object.entries(engines))('a visible history on %s', (_name, create) => {
  test('is for members, when it is asked for, and never for those who left', async () => {
    const { url, show } = await create();
    await using store = await openStore({ url, migrate: true, clock: systemClock });
    const world = new World(store);
    const [owner, member] = await world.pair();
    const group = await world.group(owner);
    const { conversationId } = group;
    await world.say(conversationId, owner.id, text('2: before'));
    await world.join(group, member); // 3
    const read = async (includeEarlier: boolean) => {
      const limits = { limit: 50, maxBytes: 10_000, includeEarlier };
      const { entries } = await store.log.readVisible(member.id, conversationId, { beforeSeq: 1_000 }, limits);
      return entries.map((entry) => entry.seq);
    };
    expect(await read(true)).toEqual([3]);
    await show();
    expect(await read(true)).toEqual([1, 2, 3]);
    expect(await read(false)).toEqual([3]);
    await world.leave(group, member); // 4
    await world.say(conversationId, owner.id, text('5: after'));
    expect(await read(true)).toEqual([3, 4]);
  });
});
