import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { systemClock } from '../../server/lib/clock.ts';
import { migrateDatabase, openStore, StoreConfigurationError } from '../../server/store/open-store.ts';
import { StoreUnavailable } from '../../server/store/seam/failures.ts';
import { startDaemon } from '../setup/daemon.ts';
import { makeTempFolder, removeTempFolder } from '../setup/temp-folder.ts';
import { hastyClock } from './clocks.ts';
import { append, text, World, WIDE } from './world.ts';

const HOLD = fileURLToPath(new URL('hold-sqlite.ts', import.meta.url));

describe('a SQLite file', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await makeTempFolder('sqlite');
  });
  afterAll(() => removeTempFolder(folder));

  const open = (name: string) => openStore({ url: `sqlite:${join(folder, name)}`, migrate: false, clock: systemClock });

  test('keeps what was stored when it is opened again', async () => {
    let id: number;
    let epoch: string;
    {
      await using store = await open('kept.db');
      const direct = await new World(store).direct();
      id = direct.id;
      await new World(store).say(id, direct.a.id, text('kept'));
      epoch = await store.logEpoch();
    }
    await using store = await open('kept.db');
    expect(await store.log.read(id, 0, WIDE)).toMatchObject([{ body: { content: { text: 'kept' } } }]);
    expect(await store.logEpoch()).toBe(epoch);
  });

  test('is refused to a second store, and to a migration, by name', async () => {
    const path = join(folder, 'one.db');
    {
      await using _store = await open('one.db');
      await expect(open('one.db')).rejects.toThrow(StoreConfigurationError);
      await expect(open('one.db')).rejects.toThrow(path);
      await expect(migrateDatabase(`sqlite:${path}`)).rejects.toThrow(/in use by another process/);
    }
    await using again = await open('one.db');
    await again.ping();
  });

  test('is refused while another process has it, which kill -9 ends without a trace; all it committed is there', async () => {
    const path = join(folder, 'killed.db');
    await using writer = await startDaemon({
      command: process.execPath,
      args: ['--import', 'tsx', HOLD, path],
      ready: /^conversation \d+$/,
    });
    await expect(open('killed.db')).rejects.toThrow(/in use by another process/);
    const line = await writer.nextLine(/^committed (\d{2,})$/);
    writer.signal('SIGKILL');
    await writer.stop();
    const committed = Number(line.split(' ')[1]);

    await using store = await open('killed.db');
    const entries = await store.log.read(1, 0, { limit: 1_000_000, maxBytes: Number.MAX_SAFE_INTEGER });
    expect(entries.length).toBeGreaterThanOrEqual(committed);
    expect(entries.map((entry) => entry.seq)).toEqual(entries.map((_, index) => index + 1));
  });

  test('that is none is refused in words', async () => {
    await writeFile(join(folder, 'text.db'), 'This is no database, but a text that is long enough to look like one.');
    await mkdir(join(folder, 'folder.db'));
    for (const name of ['text.db', 'folder.db', 'text.db/below.db']) {
      const refused = open(name);
      await expect(refused).rejects.toThrow(StoreConfigurationError);
      await expect(refused).rejects.toThrow(name);
    }
    await writeFile(join(folder, 'text.db'), '');
    await using store = await open('text.db');
    await store.ping();
  });

  test.each(['sqlite::memory:', 'file'])(
    '%s: work that does not end is given up, and holds nobody up',
    async (kind) => {
      const url = kind === 'file' ? `sqlite:${join(folder, 'stuck.db')}` : kind;
      await using store = await openStore({ url, migrate: true, clock: hastyClock });
      const world = new World(store);
      const { a, id } = await world.direct();
      const never = Promise.withResolvers<void>();
      let late: Promise<unknown> | undefined;
      const stuck = store.transact(async (tx) => {
        await append(tx, id, a.id, [text('never')]);
        await never.promise;
        late = append(tx, id, a.id, [text('late')]);
        await late;
      });
      await expect(stuck).rejects.toThrow(StoreUnavailable);
      expect(await world.say(id, a.id, text('next'))).toBe(1);
      never.resolve();
      await new Promise(setImmediate);
      await expect(late).rejects.toThrow(/did not answer within/);
      expect(await world.visible(a.id, id)).toEqual([1]);
    },
  );
});
