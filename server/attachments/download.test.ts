import { createHash, randomBytes } from 'node:crypto';

import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import { openMemoryStore, toUser } from '../../test/domain/domain.ts';
import { checkNothing, FileScene, PART_BYTES } from '../../test/domain/file-scene.ts';
import { withMethods } from '../../test/domain/with-methods.ts';
import { BlobDamaged, BlobsUnavailable } from '../blobs/blobs.ts';
import { MemoryBlobs } from '../blobs/memory-blobs.ts';
import { DomainError } from '../lib/errors.ts';
import type { Attachment } from '../store/seam/entry.ts';
import type { Store } from '../store/seam/store.ts';
import { partKey } from './parts.ts';

let store: Store;
let scene: FileScene;
let attachment: Attachment;
const bytes = randomBytes(PART_BYTES + 70_000);

beforeAll(async () => {
  store = await openMemoryStore();
});
afterAll(async () => {
  await store[Symbol.asyncDispose]();
});
beforeEach(async () => {
  scene = await FileScene.make(store);
  attachment = await scene.file(bytes);
});

const failsWith = (reason: string) => expect.objectContaining({ reason });

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe('a download', () => {
  test('begins with what the file is, and gives it in chunks', async () => {
    const wanted = { userId: scene.ann.id, attachmentId: attachment.id, offsetBytes: 0, checkCaller: checkNothing };
    const [head, ...chunks] = await collect(scene.attachments.download(wanted));
    expect(head).toEqual({ ...attachment, sha256: Buffer.from(attachment.sha256) });
    const lengths = (chunks as Uint8Array[]).map(({ byteLength }) => byteLength);
    expect(lengths).toEqual([...Array<number>(17).fill(65_536), 4_464]);
    expect(Buffer.compare(Buffer.concat(chunks as Uint8Array[]), bytes)).toBe(0);
  });

  test.each([1, 65_536, PART_BYTES - 1, PART_BYTES, PART_BYTES + 1, bytes.byteLength - 1, bytes.byteLength])(
    'from byte %d on gives the rest',
    async (offset) => {
      expect(Buffer.compare(await scene.download(scene.ann, attachment, offset), bytes.subarray(offset))).toBe(0);
    },
  );

  test('beyond the end is out of range', async () => {
    await expect(scene.download(scene.ann, attachment, bytes.byteLength + 1)).rejects.toEqual(
      expect.objectContaining({
        reason: 'UPLOAD_OFFSET_WRONG',
        metadata: { received_bytes: String(bytes.byteLength) },
      }),
    );
  });

  test('of what is not there, not complete, or not for this user is the same', async () => {
    const header = scene.header(bytes);
    await expect(scene.upload(header, bytes.subarray(0, PART_BYTES))).rejects.toThrow();
    const { id } = await scene.attachments.progress(scene.ann.id, header.requestId);
    const answers = await Promise.allSettled([
      scene.download(scene.ann, { id: 999_999 }),
      scene.download(scene.ann, { id }),
      scene.download(scene.bob, attachment),
      scene.download(scene.bob, attachment, bytes.byteLength + 1),
    ]);
    const [first] = answers;
    expect(first).toEqual({ status: 'rejected', reason: failsWith('ATTACHMENT_NOT_FOUND') });
    for (const answer of answers) expect(answer).toEqual(first);
  });

  test('reads a part when its first byte is taken, and nothing ahead', async () => {
    const read: string[] = [];
    const blobs = new MemoryBlobs();
    const watched = withMethods(blobs, { get: (key) => (read.push(key), blobs.get(key)) });
    scene = await FileScene.make(store, watched);
    attachment = await scene.file(bytes);
    const wanted = { userId: scene.ann.id, attachmentId: attachment.id, offsetBytes: 0, checkCaller: checkNothing };
    const pieces = scene.attachments.download(wanted);
    for (let taken = 0; taken <= 16; taken += 1) await pieces.next();
    expect(read).toEqual([partKey(attachment, 0)]);
    await pieces.next();
    expect(read).toEqual([partKey(attachment, 0), partKey(attachment, 1)]);
    await pieces.return();
  });

  test('ends when its caller may not go on', async () => {
    let asked = 0;
    const checkCaller = async () => {
      if ((asked += 1) > 1) throw new DomainError('TOKEN_INVALID', 'revoked');
    };
    const wanted = { userId: scene.ann.id, attachmentId: attachment.id, offsetBytes: 0, checkCaller };
    await expect(collect(scene.attachments.download(wanted))).rejects.toEqual(failsWith('TOKEN_INVALID'));
  });

  test('gives its place back where it is not read to the end', async () => {
    const wanted = { userId: scene.ann.id, attachmentId: attachment.id, offsetBytes: 0, checkCaller: checkNothing };
    const open = Array.from({ length: 4 }, () => scene.attachments.download(wanted));
    for (const pieces of open) await pieces.next();
    await expect(scene.download(scene.ann, attachment)).rejects.toEqual(failsWith('OVERLOADED'));
    for (const pieces of open) await pieces.return();
    await scene.download(scene.ann, attachment);
  });
});

describe('a download, where the file is not what it was', () => {
  /** What comes before the error. */
  async function untilError(file: Attachment): Promise<{ taken: Buffer; error: unknown }> {
    const taken: Uint8Array[] = [];
    const wanted = { userId: scene.ann.id, attachmentId: file.id, offsetBytes: 0, checkCaller: checkNothing };
    try {
      for await (const piece of scene.attachments.download(wanted)) if (piece instanceof Uint8Array) taken.push(piece);
    } catch (error) {
      return { taken: Buffer.concat(taken), error };
    }
    throw new Error('it ended well');
  }

  test('collected meanwhile, ends as not found', async () => {
    const wanted = { userId: scene.ann.id, attachmentId: attachment.id, offsetBytes: 0, checkCaller: checkNothing };
    const pieces = scene.attachments.download(wanted);
    await pieces.next();
    await pieces.next();
    scene.domain.clock.advance(90_000_000);
    await scene.collector.collect();
    await expect(collect(pieces)).rejects.toEqual(failsWith('ATTACHMENT_NOT_FOUND'));
  });

  test('without one of its parts, or with a shorter one, ends as a fault', async () => {
    const key = partKey(attachment, 1);
    await scene.blobs.delete([key]);
    const { taken, error } = await untilError(attachment);
    expect(error).toEqual(failsWith('INTERNAL'));
    expect(taken.byteLength).toBe(PART_BYTES);
    await scene.blobs.put(key, bytes.subarray(PART_BYTES, -1));
    const again = await untilError(attachment);
    expect(again.error).toEqual(failsWith('INTERNAL'));
    expect(again.taken.byteLength).toBe(PART_BYTES);
  });

  test('with other bytes, ends as a fault before it is whole', async () => {
    const key = partKey(attachment, 0);
    await scene.blobs.delete([key]);
    await scene.blobs.put(key, randomBytes(PART_BYTES));
    const { taken, error } = await untilError(attachment);
    expect(error).toEqual(failsWith('INTERNAL'));
    expect(taken.byteLength).toBeLessThan(bytes.byteLength);
    expect(createHash('sha256').update(taken).digest().equals(attachment.sha256)).toBe(false);
  });

  test.each([
    ['damaged', new BlobDamaged('x'), 'INTERNAL'],
    ['out of reach', new BlobsUnavailable('unplugged'), 'STORE_UNAVAILABLE'],
  ])('with a part %s, says so', async (_, failure, reason) => {
    const blobs = new MemoryBlobs();
    scene = await FileScene.make(store, withMethods(blobs, { get: () => Promise.reject(failure) }));
    expect(await untilError(await scene.file(bytes))).toEqual({ taken: Buffer.of(), error: failsWith(reason) });
  });
});

test('a recalled message takes its files with it, also for the one who uploaded them', async () => {
  const content = { text: '', attachmentIds: [attachment.id] };
  const clientMessageId = '01890a5d-ac96-774b-bcce-b302099a8057';
  const { domain } = scene;
  const message = await domain.sender.sendOne(scene.ann, { clientMessageId, target: toUser(scene.bob), content });
  for (const user of [scene.ann, scene.bob]) {
    expect(Buffer.compare(await scene.download(user, attachment), bytes)).toBe(0);
  }
  await domain.store.transact(async (tx) => {
    await tx.log.lock([message.conversationId], 'wait');
    await tx.log.eraseContent(message, message.seq, domain.clock.now());
  });
  for (const user of [scene.ann, scene.bob]) {
    await expect(scene.download(user, attachment)).rejects.toEqual(failsWith('ATTACHMENT_NOT_FOUND'));
  }
  await scene.collector.collect();
  expect(scene.blobs.keys).toEqual([]);
});
