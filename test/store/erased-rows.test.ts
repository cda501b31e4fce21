import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { systemClock } from '../../server/lib/clock.ts';
import { openStore } from '../../server/store/open-store.ts';
import type { Attachment, Content } from '../../server/store/seam/entry.ts';
import type { Store } from '../../server/store/seam/store.ts';
import { ENGINES, freshDatabase } from '../cluster/start-server.ts';
import { runRaw } from './raw-database.ts';
import { append, text, World } from './world.ts';

const SECRET = 'what nobody must find';
const AT = 9_000;

const attachment = (id: number): Attachment => ({
  id,
  conversationId: 0,
  fileName: `${SECRET}.txt`,
  mediaType: 'text/plain',
  sizeBytes: 1,
  sha256: new Uint8Array(32),
  createdAt: 1,
});

/** What the tables hold of a message beside its entry: search rows, attachments, and the columns of erased entries. */
describe.each(ENGINES)('an edit and a recall, in the tables of %s', (engine) => {
  let url: string;
  let store: Store;
  let remove: () => Promise<void>;
  let id: number;
  let userId: number;

  beforeAll(async () => {
    ({ url, remove } = await freshDatabase(engine));
    store = await openStore({ url, migrate: true, clock: systemClock });
  });
  afterAll(async () => {
    await store[Symbol.asyncDispose]();
    await remove();
  });

  /** Message 1 says the secret and carries attachments 1 and 2, message 2 says so too and carries 3; both are indexed. */
  beforeEach(async () => {
    for (const table of ['message_gram', 'attachment']) await runRaw(url, `DELETE FROM ${table}`);
    const world = new World(store);
    const { a, id: conversationId } = await world.direct();
    [id, userId] = [conversationId, a.id];
    const content: Content = { text: SECRET, attachments: [attachment(1), attachment(2)] };
    await world.say(id, userId, { kind: 'content', content }, text(SECRET));
    for (const [gram, seq] of [
      [11, 1],
      [12, 1],
      [11, 2],
    ]) {
      await index(gram!, seq!);
    }
    for (const [attachmentId, seq] of [
      [1, 1],
      [2, 1],
      [3, 2],
    ]) {
      await runRaw(
        url,
        `INSERT INTO attachment
           (id, conversation_id, uploader_id, request_id, file_name, media_type, size_bytes, sha256, state,
            received_bytes, message_seq, created_at, touched_at)
         VALUES (?, ?, ?, ?, 'f', 'a/b', 1, ?, 2, 1, ?, 1, 1)`,
        [attachmentId, id, userId, Buffer.alloc(16, attachmentId), Buffer.alloc(32), seq],
      );
    }
  });

  const index = (gram: number, seq: number) =>
    runRaw(url, 'INSERT INTO message_gram (conversation_id, gram, seq, created_at) VALUES (?, ?, ?, 0)', [
      id,
      gram,
      seq,
    ]);

  const grams = async () =>
    (await runRaw(url, 'SELECT gram, seq FROM message_gram WHERE conversation_id = ? ORDER BY gram, seq', [id])).map(
      (row) => [Number(row['gram']), Number(row['seq'])],
    );

  const attachments = async () =>
    (await runRaw(url, 'SELECT id, message_seq, touched_at FROM attachment ORDER BY id')).map((row) => [
      Number(row['id']),
      row['message_seq'] === null ? null : Number(row['message_seq']),
      Number(row['touched_at']),
    ]);

  /** The seqs of the rows that still hold the secret, in any column. */
  const secrets = async () => {
    const rows = await runRaw(url, 'SELECT * FROM message WHERE conversation_id = ? ORDER BY seq', [id]);
    return rows.filter((row) => JSON.stringify(row).includes(SECRET)).map((row) => Number(row['seq']));
  };

  const edit = (content: Content, revision: number) =>
    store.transact(async (tx) => {
      const body = { kind: 'edit', targetSeq: 1, content, revision } as const;
      const editSeq = await append(tx, id, userId, [body]);
      await tx.log.replaceContent({ conversationId: id, seq: 1, editSeq, content, revision, at: AT });
      return editSeq;
    });

  const recall = () =>
    store.transact(async (tx) => {
      const seq = await append(tx, id, userId, [{ kind: 'recall', targetSeq: 1 }]);
      await tx.log.eraseContent({ conversationId: id, seq: 1 }, seq, AT);
    });

  test('an edit takes the search rows, and frees the attachments that it lacks', async () => {
    await edit({ text: 'harmless', attachments: [{ ...attachment(2), fileName: 'f' }] }, 1);
    expect(await secrets()).toEqual([2]);
    expect(await grams()).toEqual([[11, 2]]);
    expect(await attachments()).toEqual([
      [1, null, AT],
      [2, 1, 1],
      [3, 2, 1],
    ]);
  });

  test('a second edit takes those of the first, wherever they were indexed', async () => {
    const first = await edit({ text: `still ${SECRET}` }, 1);
    await index(13, 1);
    await index(13, first);
    expect(await secrets()).toEqual([1, 2, first]);
    await edit({ text: 'harmless' }, 2);
    expect(await secrets()).toEqual([2]);
    expect(await grams()).toEqual([[11, 2]]);
  });

  test('a recall takes everything', async () => {
    const first = await edit({ text: SECRET, attachments: [attachment(1)] }, 1);
    await index(13, first);
    await recall();
    expect(await secrets()).toEqual([2]);
    expect(await grams()).toEqual([[11, 2]]);
    expect(await attachments()).toEqual([
      [1, null, AT],
      [2, null, AT],
      [3, 2, 1],
    ]);
  });
});
