import { randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';

import { createConnection, type RowDataPacket } from 'mysql2/promise';

import { systemClock } from '../../server/lib/clock.ts';
import { rebuildIndex } from '../../server/search/rebuild-index.ts';
import { Search, type SearchRequest } from '../../server/search/search.ts';
import { openStore } from '../../server/store/open-store.ts';
import type { NewEntry } from '../../server/store/seam/entry.ts';
import type { Store } from '../../server/store/seam/store.ts';
import { seededRandom } from '../crash/seeded-random.ts';
import { startMariadb } from '../setup/mariadb.ts';
import { makeTempFolder, removeTempFolder } from '../setup/temp-folder.ts';

/**
 * How long indexing many messages takes, and searching them: `npm run bench:search -- [messages]`. One user may
 * read all of them, in fifty conversations; words come as often as in a language (Zipf), one in ten texts is Chinese.
 */

const MESSAGES = Number(process.argv[2] ?? 100_000);
const CONVERSATIONS = 50;
const WORDS = 20_000;
const ROUNDS = 20;
const BATCH = 500;

const random = seededRandom(1);
const pick = (below: number) => Math.floor(random() * below);

/** Nearer to 0 the likelier, as words are. */
const zipf = (count: number) => Math.min(count - 1, Math.floor(count ** random()) - 1);

const ONSETS = ['b', 'br', 'c', 'd', 'f', 'g', 'h', 'l', 'm', 'n', 'p', 'r', 's', 'st', 't', 'th', 'v', 'w'];
const RHYMES = ['a', 'an', 'e', 'er', 'i', 'in', 'o', 'on', 'ou', 'ing'];
const vocabulary = Array.from({ length: WORDS }, (_, rank) =>
  Array.from({ length: 1 + Math.ceil(Math.log10(rank + 2)) }, () => ONSETS[pick(18)]! + RHYMES[pick(10)]!).join(''),
);
const sentence = () => Array.from({ length: 4 + pick(16) }, () => vocabulary[zipf(WORDS)]!).join(' ');
const chinese = () => String.fromCodePoint(...Array.from({ length: 6 + pick(20) }, () => 0x4e00 + zipf(3_000)));

async function fill(store: Store): Promise<number> {
  const user = (name: string) =>
    store.accounts.insert({ name, foldedName: name, passwordHash: '-', createdAt: systemClock.now() });
  const me = await user('me');
  let written = 0;
  for (let n = 1; n <= CONVERSATIONS; n += 1) {
    const { id: conversationId } = await store.log.ensureDirect(me.id, (await user(`friend-${n}`)).id);
    const end = Math.floor((MESSAGES * n) / CONVERSATIONS) - written;
    for (let seq = 1; seq <= end; seq += BATCH) {
      const entries = Array.from({ length: Math.min(BATCH, end - seq + 1) }, (_, index): NewEntry => {
        const text = pick(10) === 0 ? chinese() : sentence();
        return {
          requestHash: new Uint8Array(32),
          entry: {
            ...{ conversationId, seq: seq + index, ordinal: seq + index, senderId: me.id, senderName: 'me' },
            ...{ target: { kind: 'user', userId: 0 }, clientMessageId: randomUUID() },
            createdAt: 1_700_000_000_000 + pick(1_000_000_000),
            body: { kind: 'content', content: { text } },
          },
        };
      });
      await store.transact(async (tx) => {
        await tx.log.lock([conversationId], 'wait');
        await tx.log.append(entries);
      });
    }
    written += end;
  }
  return me.id;
}

async function measure(name: string, store: Store, size: () => Promise<number>): Promise<void> {
  const userId = await fill(store);
  const before = await size();
  const started = performance.now();
  const { messages } = await rebuildIndex(store, () => undefined);
  const seconds = (performance.now() - started) / 1_000;
  const grown = ((await size()) - before) / 1_048_576;
  report(name, `${messages} messages indexed in ${seconds.toFixed(1)} s, the database grew by ${grown.toFixed(0)} MiB`);

  const search = new Search(store);
  const rare = vocabulary[WORDS - 7]!;
  const requests: Record<string, SearchRequest> = {
    'the commonest word': { query: vocabulary[0]!, limit: 20 },
    'two common words': { query: `${vocabulary[5]} ${vocabulary[9]}`, limit: 20 },
    'a middling word': { query: vocabulary[500]!, limit: 20 },
    'a rare word': { query: rare, limit: 20 },
    'one letter': { query: 's', limit: 20 },
    'one Chinese character': { query: '一', limit: 20 },
    'two Chinese characters': { query: '一丁', limit: 20 },
    'two words, no match': { query: `${rare} ${vocabulary[WORDS - 9]}`, limit: 20 },
    'not there at all': { query: 'xylophone', limit: 20 },
    'a common word in one conversation': { query: vocabulary[0]!, limit: 20, conversationId: 1 },
  };
  for (const [what, request] of Object.entries(requests)) {
    const times: number[] = [];
    let found = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const begin = performance.now();
      found = (await search.find(userId, request)).found.length;
      times.push(performance.now() - begin);
    }
    times.sort((a, b) => a - b);
    const [median, worst] = [times[ROUNDS / 2]!, times.at(-1)!];
    report(name, `${what}: ${found} found, median ${median.toFixed(1)} ms, worst ${worst.toFixed(1)} ms`);
  }
}

function report(name: string, line: string): void {
  process.stdout.write(`${name}: ${line}\n`);
}

const folder = await makeTempFolder('bench');
const sqliteFile = join(folder, 'parley.db');
{
  await using store = await openStore({ url: `sqlite:${sqliteFile}`, migrate: true, clock: systemClock });
  await measure('SQLite', store, async () => (await stat(sqliteFile)).size);
}
{
  await using mariadb = await startMariadb({ durable: true });
  const url = await mariadb.createDatabase();
  await using store = await openStore({ url, migrate: true, clock: systemClock });
  const { searchParams, pathname } = new URL(url);
  const sql = await createConnection({ socketPath: searchParams.get('socketPath')!, user: 'root' });
  await measure('MariaDB', store, async () => {
    const statement =
      'SELECT SUM(data_length + index_length) AS bytes FROM information_schema.tables WHERE table_schema = ?';
    const [rows] = await sql.query<(RowDataPacket & { bytes: string })[]>(statement, [pathname.slice(1)]);
    return Number(rows[0]!.bytes);
  });
  await sql.end();
}
await removeTempFolder(folder);
