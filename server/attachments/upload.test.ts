import { randomBytes } from 'node:crypto';

import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import { openMemoryStore, toGroup } from '../../test/domain/domain.ts';
import { checkNothing, chunksOf, FileScene, PART_BYTES } from '../../test/domain/file-scene.ts';
import { withLog, withMethods } from '../../test/domain/with-methods.ts';
import { BlobsFull, BlobsUnavailable } from '../blobs/blobs.ts';
import { MemoryBlobs } from '../blobs/memory-blobs.ts';
import { DomainError } from '../lib/errors.ts';
import { StoreUnavailable } from '../store/seam/failures.ts';
import type { Store } from '../store/seam/store.ts';

let store: Store;
let scene: FileScene;
/** Three parts. */
const bytes = randomBytes(2 * PART_BYTES + 10);
const [first, second, third] = [0, 1, 2].map((part) => bytes.subarray(part * PART_BYTES, (part + 1) * PART_BYTES)) as [
  Buffer,
  Buffer,
  Buffer,
];

beforeAll(async () => {
  store = await openMemoryStore();
});
afterAll(async () => {
  await store[Symbol.asyncDispose]();
});
beforeEach(async () => {
  scene = await FileScene.make(store);
});

const failsWith = (reason: string, metadata: object = {}) => expect.objectContaining({ reason, metadata });
const at = (received: number) => ({ received_bytes: String(received) });

describe('an upload', () => {
  test('is the file, once all of it has come', async () => {
    const header = scene.header(bytes);
    const attachment = await scene.upload(header, bytes);
    const { fileName, mediaType, sizeBytes, sha256 } = header;
    expect(attachment).toMatchObject({ fileName, mediaType, sizeBytes, sha256, createdAt: scene.domain.clock.now() });
    expect(Buffer.compare(await scene.download(scene.ann, attachment), bytes)).toBe(0);
    expect(await scene.attachments.progress(scene.ann.id, header.requestId)).toMatchObject({
      ...attachment,
      state: 'complete',
      receivedBytes: bytes.byteLength,
    });
  });

  test.each([1, PART_BYTES - 1, PART_BYTES, PART_BYTES + 1, 2 * PART_BYTES])('of %d bytes', async (length) => {
    const file = randomBytes(length);
    const attachment = await scene.file(file);
    expect(Buffer.compare(await scene.download(scene.ann, attachment), file)).toBe(0);
  });

  test('cut off goes on where it was: whole parts are kept, and a part that was begun is not', async () => {
    const header = scene.header(bytes);
    await expect(scene.upload(header, first, second.subarray(0, 99_999))).rejects.toEqual(
      failsWith('UPLOAD_INCOMPLETE', at(PART_BYTES)),
    );
    expect(await scene.received(header.requestId)).toBe(PART_BYTES);
    await expect(scene.upload({ ...header, offsetBytes: PART_BYTES }, second)).rejects.toEqual(
      failsWith('UPLOAD_INCOMPLETE', at(2 * PART_BYTES)),
    );
    const attachment = await scene.upload({ ...header, offsetBytes: 2 * PART_BYTES }, third);
    expect(Buffer.compare(await scene.download(scene.ann, attachment), bytes)).toBe(0);
  });

  test('that goes on elsewhere is told where', async () => {
    const header = scene.header(bytes);
    await expect(scene.upload({ ...header, offsetBytes: 1 }, bytes)).rejects.toEqual(
      failsWith('UPLOAD_OFFSET_WRONG', at(0)),
    );
    await expect(scene.upload(header, first, second)).rejects.toThrow();
    for (const offsetBytes of [1, PART_BYTES, 2 * PART_BYTES + 1, bytes.byteLength]) {
      await expect(scene.upload({ ...header, offsetBytes }, third)).rejects.toEqual(
        failsWith('UPLOAD_OFFSET_WRONG', at(2 * PART_BYTES)),
      );
    }
  });

  test('begins anew at 0, with other bytes than before', async () => {
    const header = scene.header(bytes);
    await expect(scene.upload(header, randomBytes(PART_BYTES))).rejects.toThrow();
    const attachment = await scene.upload(header, bytes);
    expect(Buffer.compare(await scene.download(scene.ann, attachment), bytes)).toBe(0);
    await scene.collector.collect();
    expect(scene.blobs.keys).toHaveLength(3);
  });

  test('that is complete is given again without being read', async () => {
    const header = scene.header(bytes);
    const attachment = await scene.upload(header, bytes);
    const chunks = (async function* (): AsyncGenerator<Uint8Array> {
      throw new Error('it was read');
    })();
    const source = { chunks, checkCaller: checkNothing };
    for (const offsetBytes of [0, 5, bytes.byteLength]) {
      const again = await scene.attachments.upload(scene.ann.id, { ...header, offsetBytes }, source);
      expect(again.id).toBe(attachment.id);
    }
  });

  test('has its request id for itself; another user may use the same', async () => {
    const header = scene.header(bytes);
    const sha256 = randomBytes(32);
    const changes = [{ fileName: 'other' }, { mediaType: 'a/b' }, { sizeBytes: 7 }, { sha256 }];
    const carol = await scene.domain.makeUser();
    const elsewhere = { target: { kind: 'user', userId: carol.id } } as const;
    await expect(scene.upload(header, first)).rejects.toThrow();
    for (const changed of [...changes, elsewhere]) {
      await expect(scene.upload({ ...header, ...changed }, first)).rejects.toEqual(failsWith('REQUEST_ID_REUSED'));
    }
    const source = { chunks: chunksOf(bytes), checkCaller: checkNothing };
    const theirs = await scene.attachments.upload(carol.id, header, source);
    await expect(scene.attachments.progress(scene.bob.id, header.requestId)).rejects.toEqual(
      failsWith('ATTACHMENT_NOT_FOUND'),
    );
    expect((await scene.attachments.progress(carol.id, header.requestId)).id).toBe(theirs.id);
  });

  test('with another checksum is refused, and nothing of it is left but its request id, which begins anew', async () => {
    const header = scene.header(bytes);
    await expect(scene.upload(header, first, second, randomBytes(10))).rejects.toEqual(failsWith('CHECKSUM_MISMATCH'));
    await expect(scene.received(header.requestId)).rejects.toEqual(failsWith('ATTACHMENT_NOT_FOUND'));
    await scene.collector.collect();
    expect(scene.blobs.keys).toEqual([]);
    await scene.upload(header, bytes);
  });

  test.each([
    ['more bytes than it said', (file: Buffer) => [file, Buffer.of(1)]],
    ['more bytes than it said in one chunk', (file: Buffer) => [Buffer.concat([file, Buffer.of(1)])]],
  ])('with %s is refused', async (_, piecesOf) => {
    const file = randomBytes(100);
    const header = scene.header(file);
    await expect(scene.upload(header, ...piecesOf(file))).rejects.toEqual(failsWith('INVALID_FIELD'));
    expect(await scene.received(header.requestId)).toBe(0);
  });

  test('to where its user may not write is refused as a message is', async () => {
    const header = scene.header(bytes);
    const { id } = await scene.domain.store.log.ensureDirect(scene.ann.id, scene.bob.id);
    await scene.domain.store.transact(async (tx) => {
      await tx.log.lock([id], 'wait');
      await tx.friends.set(scene.bob.id, scene.ann.id, 'blocked', 1);
      await tx.log.raiseMembersVersion(id);
    });
    await expect(scene.upload(header, bytes)).rejects.toEqual(failsWith('RECIPIENT_UNAVAILABLE'));
    const nowhere = { ...header, target: toGroup({ id: 999_999 }) };
    await expect(scene.upload(nowhere, bytes)).rejects.toEqual(failsWith('NOT_A_MEMBER'));
    const nobody = { ...header, target: { kind: 'user', userId: 999_999 } } as const;
    await expect(scene.upload(nobody, bytes)).rejects.toEqual(failsWith('USER_NOT_FOUND'));
    const oneself = { ...header, target: { kind: 'user', userId: scene.ann.id } } as const;
    await expect(scene.upload(oneself, bytes)).rejects.toEqual(failsWith('SELF_NOT_ALLOWED'));
  });

  test('ends when its caller may not go on', async () => {
    const header = scene.header(bytes);
    let asked = 0;
    const checkCaller = async () => {
      if ((asked += 1) > 1) throw new DomainError('TOKEN_INVALID', 'revoked');
    };
    const upload = scene.attachments.upload(scene.ann.id, header, { chunks: chunksOf(bytes), checkCaller });
    await expect(upload).rejects.toEqual(failsWith('TOKEN_INVALID'));
    expect(await scene.received(header.requestId)).toBe(PART_BYTES);
  });
});

describe('an upload, where things break', () => {
  test('to a conversation that the database has lost is unavailable once, and then finds another one', async () => {
    let lost = false;
    const transact: Store['transact'] = (work, options) =>
      store.transact((tx) => work(lost ? withLog(tx, { lock: async () => [] }) : tx), options);
    scene = await FileScene.make(withMethods(store, { transact }));
    await scene.file();
    lost = true;
    await expect(scene.file()).rejects.toThrow(StoreUnavailable);
    lost = false;
    await scene.file();
  });

  /** The scene's blobs, with a put of the test's. */
  const sceneWithPut = (put: (blobs: MemoryBlobs, key: string, part: Uint8Array) => Promise<void>) => {
    const blobs = new MemoryBlobs();
    return FileScene.make(store, withMethods(blobs, { put: (key, part) => put(blobs, key, part) }));
  };

  test('between the storing of a part and the note of it, loses nothing: the part comes again', async () => {
    let dies = true;
    scene = await sceneWithPut(async (blobs, key, part) => {
      await blobs.put(key, part);
      if (key.endsWith('/1') && dies) throw new Error('kill -9');
    });
    const header = scene.header(bytes);
    await expect(scene.upload(header, bytes)).rejects.toThrow('kill -9');
    expect(await scene.received(header.requestId)).toBe(PART_BYTES);
    expect(scene.blobs.keys).toHaveLength(2);
    dies = false;
    const attachment = await scene.upload({ ...header, offsetBytes: PART_BYTES }, second, third);
    expect(Buffer.compare(await scene.download(scene.ann, attachment), bytes)).toBe(0);
  });

  test('there, and coming again with other bytes, begins anew', async () => {
    let dies = true;
    scene = await sceneWithPut(async (blobs, key, part) => {
      await blobs.put(key, part);
      if (key.endsWith('/1') && dies) throw new Error('kill -9');
    });
    const header = scene.header(bytes);
    await expect(scene.upload(header, first, randomBytes(PART_BYTES))).rejects.toThrow('kill -9');
    dies = false;
    await expect(scene.upload({ ...header, offsetBytes: PART_BYTES }, second, third)).rejects.toEqual(
      failsWith('CHECKSUM_MISMATCH'),
    );
    const attachment = await scene.upload(header, bytes);
    expect(Buffer.compare(await scene.download(scene.ann, attachment), bytes)).toBe(0);
  });

  test('with a stored part lost or damaged begins anew', async () => {
    const header = scene.header(bytes);
    await expect(scene.upload(header, first, second)).rejects.toThrow();
    await scene.blobs.delete(scene.blobs.keys.slice(0, 1));
    await expect(scene.upload({ ...header, offsetBytes: 2 * PART_BYTES }, third)).rejects.toEqual(
      failsWith('CHECKSUM_MISMATCH'),
    );
    await scene.upload(header, bytes);
  });

  test.each([
    ['no room', new BlobsFull('disk full'), 'OVERLOADED'],
    ['no way to the blobs', new BlobsUnavailable('unplugged'), 'STORE_UNAVAILABLE'],
  ])('with %s fails for now, keeps what it has, and is never complete', async (_, failure, reason) => {
    let broken = true;
    scene = await sceneWithPut(async (blobs, key, part) => {
      if (key.endsWith('/2') && broken) throw failure;
      await blobs.put(key, part);
    });
    const header = scene.header(bytes);
    await expect(scene.upload(header, bytes)).rejects.toEqual(
      expect.objectContaining({ reason, retryAfterMs: expect.any(Number) }),
    );
    expect(await scene.received(header.requestId)).toBe(2 * PART_BYTES);
    broken = false;
    await scene.upload({ ...header, offsetBytes: 2 * PART_BYTES }, third);
  });

  test('twice at once is one file: a stream that is overtaken is told where to go on', async () => {
    const header = scene.header(bytes);
    const paused = Promise.withResolvers<void>();
    const slow = async function* () {
      yield* chunksOf(first.subarray(0, -1));
      await paused.promise;
      yield* chunksOf(first.subarray(-1), second, third);
    };
    const overtaken = scene.attachments.upload(scene.ann.id, header, { chunks: slow(), checkCaller: checkNothing });
    await expect(scene.upload(header, first, second)).rejects.toEqual(
      failsWith('UPLOAD_INCOMPLETE', at(2 * PART_BYTES)),
    );
    paused.resolve();
    await expect(overtaken).rejects.toEqual(failsWith('UPLOAD_OFFSET_WRONG', at(2 * PART_BYTES)));
    const attachment = await scene.upload({ ...header, offsetBytes: 2 * PART_BYTES }, third);
    expect(Buffer.compare(await scene.download(scene.ann, attachment), bytes)).toBe(0);
  });

  test('begun anew by another stream, the first one can do no harm, and leaves nothing', async () => {
    const header = scene.header(bytes);
    await expect(scene.upload(header, first)).rejects.toThrow();
    const paused = Promise.withResolvers<void>();
    const other = randomBytes(PART_BYTES);
    const late = async function* () {
      await paused.promise;
      yield* chunksOf(other, third);
    };
    const goesOn = { ...header, offsetBytes: PART_BYTES };
    const overtaken = scene.attachments.upload(scene.ann.id, goesOn, { chunks: late(), checkCaller: checkNothing });
    const attachment = await scene.upload(header, bytes);
    await scene.collector.collect();
    paused.resolve();
    await expect(overtaken).rejects.toEqual(failsWith('UPLOAD_OFFSET_WRONG', at(0)));
    expect(Buffer.compare(await scene.download(scene.ann, attachment), bytes)).toBe(0);
    expect(scene.blobs.keys).toHaveLength(3);
  });

  test('beyond the streams of one user is refused for now, and a stream that ended has given its place back', async () => {
    const never = Promise.withResolvers<void>();
    const stuck = async function* (): AsyncGenerator<Uint8Array> {
      await never.promise;
    };
    const start = () =>
      scene.attachments.upload(scene.ann.id, scene.header(bytes), { chunks: stuck(), checkCaller: checkNothing });
    const four = [start(), start(), start(), start()];
    await expect(start()).rejects.toEqual(expect.objectContaining({ reason: 'OVERLOADED' }));
    never.resolve();
    await Promise.allSettled(four);
    await scene.file();
  });
});
