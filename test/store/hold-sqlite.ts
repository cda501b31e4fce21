import { randomUUID } from 'node:crypto';
import { systemClock } from '../../server/lib/clock.ts';
import { openStore } from '../../server/store/open-store.ts';
import { append, text } from './world.ts';

/** A process that holds a SQLite store and writes to it for ever: prints each seq that was committed. */
const store = await openStore({ url: `sqlite:${process.argv[2]!}`, migrate: true, clock: systemClock });
const account = { name: 'w', passwordHash: 'h', createdAt: 1 };
const a = await store.accounts.insert({ ...account, foldedName: randomUUID() });
const b = await store.accounts.insert({ ...account, foldedName: randomUUID() });
const { id } = await store.log.ensureDirect(a.id, b.id);
console.log(`conversation ${id}`);
for (;;) {
  const seq = await store.transact((tx) => append(tx, id, a.id, [text('kept')]));
  console.log(`committed ${seq}`);
}
