import { randomBytes, randomUUID } from 'node:crypto';

import { systemClock } from '../../server/lib/clock.ts';
import { openStore } from '../../server/store/open-store.ts';
import type { NewEntry } from '../../server/store/seam/entry.ts';
import type { ConversationFacts, UserRecord } from '../../server/store/seam/records.ts';
import type { Store } from '../../server/store/seam/store.ts';
import { askDatabase } from '../scale/ask-database.ts';
import { makeResidents, type Resident } from '../scale/residents.ts';

/** How much waits for whom. */
export interface Backlog {
  readonly conversations: number;
  readonly messagesEach: number;
}

/** Somebody for whom much waits. */
export interface Waiting extends Backlog {
  readonly resident: Resident;
}

export interface Filled {
  readonly waiting: readonly Waiting[];
  /** People who only talk to each other, and for whom nothing waits. */
  readonly pair: readonly [Resident, Resident];
}

const APPEND_AT_ONCE = 1_000;
const CONTACTS_AT_ONCE = 8;
/** A line of talk, about as long as they are. */
const FILLER = ' and so on, as people write when they have a minute and nobody to talk to';

/**
 * Writes users, conversations and messages straight into an empty database: by the rpcs it would take much longer. As
 * they have waited for a while, they count as indexed for the search.
 */
export async function fillBacklogs(url: string, backlogs: readonly Backlog[]): Promise<Filled> {
  const filled = await fill(url, backlogs);
  await askDatabase(url, 'DELETE FROM search_progress');
  await askDatabase(
    url,
    'INSERT INTO search_progress (conversation_id, indexed_seq) SELECT id, last_seq FROM conversation',
  );
  return filled;
}

async function fill(url: string, backlogs: readonly Backlog[]): Promise<Filled> {
  await using store = await openStore({ url, migrate: true, clock: systemClock });
  const most = Math.max(...backlogs.map(({ conversations }) => conversations));
  const writers = (await makeResidents(store, 'writer', most)).map(({ user }) => user);
  const readers = await makeResidents(store, 'reader', backlogs.length);
  const waiting: Waiting[] = [];
  for (const [index, backlog] of backlogs.entries()) {
    const resident = readers[index]!;
    await write(store, writers.slice(0, backlog.conversations), resident.user, backlog.messagesEach);
    waiting.push({ ...backlog, resident });
  }
  const [ann, bob] = await makeResidents(store, 'talker', 2);
  return { waiting, pair: [ann!, bob!] };
}

async function write(store: Store, writers: readonly UserRecord[], reader: UserRecord, each: number): Promise<void> {
  const conversations: { facts: ConversationFacts; writer: UserRecord }[] = [];
  for (let start = 0; start < writers.length; start += CONTACTS_AT_ONCE) {
    const made = writers.slice(start, start + CONTACTS_AT_ONCE).map(async (writer) => {
      return { writer, facts: await store.log.ensureDirect(writer.id, reader.id) };
    });
    conversations.push(...(await Promise.all(made)));
  }
  let chunk: NewEntry[] = [];
  const append = async (): Promise<void> => {
    const entries = chunk;
    chunk = [];
    await store.transact(async (tx) => {
      await tx.log.lock([...new Set(entries.map(({ entry }) => entry.conversationId))], 'wait');
      await tx.log.append(entries);
    });
  };
  for (const { facts, writer } of conversations) {
    for (let seq = 1; seq <= each; seq += 1) {
      chunk.push(message(facts.id, seq, writer, reader));
      if (chunk.length === APPEND_AT_ONCE) await append();
    }
  }
  if (chunk.length > 0) await append();
}

function message(conversationId: number, seq: number, writer: UserRecord, reader: UserRecord): NewEntry {
  return {
    requestHash: randomBytes(32),
    entry: {
      conversationId,
      seq,
      ordinal: seq,
      target: { kind: 'user', userId: reader.id },
      senderId: writer.id,
      senderName: writer.name,
      clientMessageId: randomUUID(),
      createdAt: Date.now(),
      body: { kind: 'content', content: { text: `${seq}${FILLER}` } },
    },
  };
}
