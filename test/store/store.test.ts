import { join } from 'node:path';
import { afterAll } from '@jest/globals';
import { systemClock } from '../../server/lib/clock.ts';
import { openStore } from '../../server/store/open-store.ts';
import { createDatabase } from '../setup/mariadb.ts';
import { makeTempFolder, removeTempFolder } from '../setup/temp-folder.ts';
import { storeConformance } from './store-conformance.ts';

const folders: string[] = [];
afterAll(async () => {
  for (const folder of folders) await removeTempFolder(folder);
});

const open = (url: string) => openStore({ url, migrate: true, clock: systemClock });

storeConformance('SQLite in memory', { readsWait: true, serial: true }, () => open('sqlite::memory:'));

storeConformance('SQLite in a file', { readsWait: false, serial: true }, async () => {
  const folder = await makeTempFolder('store');
  folders.push(folder);
  return open(`sqlite:${join(folder, 'deep/er/parley.db')}`);
});

storeConformance('MariaDB', { readsWait: false, serial: false }, async () => open(await createDatabase()));
