import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import { openMemoryStore, toUser } from '../../test/domain/domain.ts';
import { checkNothing, chunksOf, FileScene } from '../../test/domain/file-scene.ts';
import { withMethods } from '../../test/domain/with-methods.ts';
import { editMessage } from '../messages/edit-message.ts';
import type { Receipt } from '../messages/send.ts';
import { type Attachment, contentOf } from '../store/seam/entry.ts';
import type { Store } from '../store/seam/store.ts';

let store: Store;
let scene: FileScene;
let file: Attachment;

beforeAll(async () => {
  store = await openMemoryStore();
});
afterAll(async () => {
  await store[Symbol.asyncDispose]();
});
beforeEach(async () => {
  scene = await FileScene.make(store);
  file = await scene.file();
});

const NOT_FOUND = expect.objectContaining({ reason: 'ATTACHMENT_NOT_FOUND' });

const send = (ids: readonly number[], clientMessageId = randomUUID(), from = scene.ann) =>
  scene.domain.sender.sendOne(from, {
    clientMessageId,
    target: toUser(from === scene.ann ? scene.bob : scene.ann),
    content: { text: '', attachmentIds: ids },
  });

/** The ids of what a message carries. */
async function carriedBy({ conversationId, seq }: Receipt): Promise<number[] | undefined> {
  const [entry] = await store.log.read(conversationId, seq - 1, { limit: 1, maxBytes: 1 });
  return contentOf(entry!.body)?.attachments?.map(({ id }) => id);
}

describe('a message', () => {
  test('carries what its sender has uploaded, in the order that they say', async () => {
    const others = [await scene.file(), await scene.file()];
    const ids = [others[1]!.id, file.id, others[0]!.id];
    const receipt = await send(ids);
    expect(await carriedBy(receipt)).toEqual(ids);
    for (const id of ids) expect(await store.attachments.byId(id)).toMatchObject({ messageSeq: receipt.seq });
    const [told] = scene.domain.bus.entries(`user:${scene.bob.id}`);
    expect(contentOf(told!.body)?.attachments?.[1]).toEqual({ ...file, sha256: Buffer.from(file.sha256) });
  });

  test('repeated has its first receipt; another can not carry the same file', async () => {
    const clientMessageId = randomUUID();
    const receipt = await send([file.id], clientMessageId);
    expect(await send([file.id], clientMessageId)).toEqual(receipt);
    await expect(send([file.id])).rejects.toEqual(NOT_FOUND);
  });

  test('can not carry what is not there, not complete, of somebody else, or of another conversation', async () => {
    const header = scene.header(Buffer.alloc(10));
    await expect(scene.upload(header, Buffer.alloc(3))).rejects.toThrow();
    const { id: begun } = await scene.attachments.progress(scene.ann.id, header.requestId);
    const carol = await scene.domain.makeUser();
    const bytes = Buffer.from('for carol');
    const elsewhere = await scene.upload(scene.header(bytes, { target: toUser(carol) }), bytes);
    for (const ids of [[999_999], [begun], [elsewhere.id], [file.id, 999_999]]) {
      await expect(send(ids)).rejects.toEqual(NOT_FOUND);
    }
    await expect(send([file.id], randomUUID(), scene.bob)).rejects.toEqual(NOT_FOUND);
    expect(await carriedBy(await send([file.id]))).toEqual([file.id]);
  });

  test('that is refused leaves its neighbours of the same transaction, and takes no file from them', async () => {
    const second = await scene.file();
    const outcomes = await Promise.allSettled([
      send([file.id, 999_999]),
      send([file.id]),
      send([file.id]),
      send([second.id]),
      scene.domain.sendOne(scene.bob, toUser(scene.ann)),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual([
      'rejected',
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
    ]);
  });

  test('without attachments costs no query for them', async () => {
    const asked: string[] = [];
    const transact: Store['transact'] = (work, options) =>
      store.transact(
        (tx) =>
          work(
            withMethods(tx, {
              attachments: new Proxy(tx.attachments, {
                get: (target, name) => (asked.push(String(name)), Reflect.get(target, name) as unknown),
              }),
            }),
          ),
        options,
      );
    const watched = await FileScene.make(withMethods(store, { transact }));
    await watched.domain.sendOne(watched.ann, toUser(watched.bob));
    expect(asked).toEqual([]);
  });
});

describe('an edit', () => {
  const edit = (message: Receipt, attachmentIds: readonly number[], expectedRevision = 0) =>
    editMessage(scene.domain.changes, scene.ann, {
      clientMessageId: randomUUID(),
      message,
      content: { text: 'edited', attachmentIds },
      expectedRevision,
    });

  test('keeps what the message has, adds what its sender has uploaded, and drops the rest', async () => {
    const [kept, dropped, added] = [file, await scene.file(), await scene.file()];
    const message = await send([kept.id, dropped.id]);
    const receipt = await edit(message, [added.id, kept.id]);
    expect(await carriedBy(message)).toEqual([added.id, kept.id]);
    expect(await carriedBy(receipt)).toEqual([added.id, kept.id]);
    for (const user of [scene.ann, scene.bob]) {
      for (const { id } of [kept, added]) await scene.download(user, { id });
      await expect(scene.download(user, dropped)).rejects.toEqual(NOT_FOUND);
    }
    await edit(message, [added.id], 1);
    await expect(scene.download(scene.ann, kept)).rejects.toEqual(NOT_FOUND);
    await expect(edit(message, [kept.id], 2)).rejects.toEqual(NOT_FOUND);
  });

  test('can not carry what another message does, nor what somebody else has uploaded', async () => {
    const message = await scene.domain.sendOne(scene.ann, toUser(scene.bob));
    if (!message.ok) throw new Error('a text was refused');
    await send([file.id]);
    await expect(edit(message.receipt, [file.id])).rejects.toEqual(NOT_FOUND);
    const bytes = Buffer.from('of bob');
    const source = { chunks: chunksOf(bytes), checkCaller: checkNothing };
    const header = scene.header(bytes, { target: toUser(scene.ann) });
    const theirs = await scene.attachments.upload(scene.bob.id, header, source);
    await expect(edit(message.receipt, [theirs.id])).rejects.toEqual(NOT_FOUND);
    expect(await carriedBy(message.receipt)).toBeUndefined();
  });
});
