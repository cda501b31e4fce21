import { randomUUID } from 'node:crypto';

import Database from 'better-sqlite3';
import { expect, test } from '@jest/globals';

import { systemClock } from '../../server/lib/clock.ts';
import { openStore } from '../../server/store/open-store.ts';
import { freshDatabase } from '../cluster/start-server.ts';
import { Domain, reasonOf, toUser } from './domain.ts';

/** As after a failover to a database that lacks the last transactions. */
function loseConversations(url: string): void {
  const database = new Database(url.replace(/^sqlite:/, ''));
  database.exec('DELETE FROM message; DELETE FROM offline_message; DELETE FROM conversation');
  database.close();
}

test('a send to a conversation that the database has lost fails once, and is stored when it is sent again', async () => {
  const database = await freshDatabase('sqlite');
  {
    await using store = await openStore({ url: database.url, migrate: true, clock: systemClock });
    const domain = new Domain(store);
    const [ann, bob] = [await domain.makeUser(), await domain.makeUser()];
    await domain.sendOne(ann, toUser(bob), 'lost');
    loseConversations(database.url);

    const id = randomUUID();
    const refused = await domain.sendOne(ann, toUser(bob), 'again', id);
    expect(reasonOf(refused)).toBe('STORE_UNAVAILABLE');
    const repeated = await domain.sendOne(ann, toUser(bob), 'again', id);
    expect(repeated).toMatchObject({ ok: true, receipt: { seq: 1 } });
    await domain.journal.flush();
    await domain.cursors[Symbol.asyncDispose]();
  }
  await database.remove();
});
