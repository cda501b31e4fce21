import { randomBytes, randomUUID } from 'node:crypto';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { openMemoryStore, toUser } from '../../test/domain/domain.ts';
import { FileScene, PART_BYTES } from '../../test/domain/file-scene.ts';
import { until } from '../../test/domain/until.ts';
import { withMethods } from '../../test/domain/with-methods.ts';
import { MemoryBlobs } from '../blobs/memory-blobs.ts';
import type { Store } from '../store/seam/store.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

describe('the collector', () => {
  let store: Store;
  let scene: FileScene;

  beforeEach(async () => {
    store = await openMemoryStore();
    scene = await FileScene.make(store);
  });
  afterEach(async () => {
    await scene.collector[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
  });

  const send = (attachmentIds: readonly number[]) =>
    scene.domain.sender.sendOne(scene.ann, {
      clientMessageId: randomUUID(),
      target: toUser(scene.bob),
      content: { text: '', attachmentIds },
    });

  test('deletes what no message carries a day after it was touched, complete or not; what is carried stays', async () => {
    const carried = await scene.file();
    await send([carried.id]);
    const bytes = randomBytes(2 * PART_BYTES);
    const begun = scene.header(bytes);
    await expect(scene.upload(begun, bytes.subarray(0, PART_BYTES))).rejects.toThrow();
    const waiting = await scene.file();
    scene.domain.clock.advance(DAY_MS);
    await scene.collector.collect();
    expect(scene.blobs.keys).toHaveLength(3);

    scene.domain.clock.advance(1);
    await scene.collector.collect();
    expect(scene.blobs.keys).toHaveLength(1);
    await expect(send([waiting.id])).rejects.toMatchObject({ reason: 'ATTACHMENT_NOT_FOUND' });
    await expect(scene.received(begun.requestId)).rejects.toMatchObject({ reason: 'ATTACHMENT_NOT_FOUND' });
    expect(await store.attachments.byId(waiting.id)).toBeUndefined();
    await scene.download(scene.bob, carried);
  });

  test('leaves an upload that goes on', async () => {
    const bytes = randomBytes(2 * PART_BYTES);
    const header = scene.header(bytes);
    await expect(scene.upload(header, bytes.subarray(0, 9))).rejects.toThrow();
    scene.domain.clock.advance(DAY_MS - 1);
    await expect(scene.upload(header, bytes.subarray(0, PART_BYTES))).rejects.toThrow();
    scene.domain.clock.advance(DAY_MS - 1);
    await scene.collector.collect();
    await scene.upload({ ...header, offsetBytes: PART_BYTES }, bytes.subarray(PART_BYTES));
  });

  test('goes through more than one batch', async () => {
    for (let made = 0; made < 101; made += 1) await scene.file();
    scene.domain.clock.advance(DAY_MS + 1);
    await scene.collector.collect();
    expect(scene.blobs.keys).toEqual([]);
    expect(await store.attachments.collected(1)).toEqual([]);
  });

  test('finishes what a crash has left half-done', async () => {
    const blobs = new MemoryBlobs();
    let dies = true;
    const dying = withMethods(blobs, {
      delete: async (keys) => {
        await blobs.delete(dies ? keys.slice(0, 1) : keys);
        if (dies) throw new Error('kill -9');
      },
    });
    scene = await FileScene.make(store, dying);
    const file = await scene.file(randomBytes(PART_BYTES + 1));
    scene.domain.clock.advance(DAY_MS + 1);
    await expect(scene.collector.collect()).rejects.toThrow('kill -9');
    expect(blobs.keys).toHaveLength(1);
    await expect(scene.download(scene.ann, file)).rejects.toMatchObject({ reason: 'ATTACHMENT_NOT_FOUND' });
    dies = false;
    await scene.collector.collect();
    expect(blobs.keys).toEqual([]);
    expect(await store.attachments.byId(file.id)).toBeUndefined();
  });

  test('runs at the start and every hour, also after a pass that failed', async () => {
    const blobs = new MemoryBlobs();
    let broken = true;
    const failing = withMethods(blobs, {
      delete: (keys) => (broken ? Promise.reject(new Error('unplugged')) : blobs.delete(keys)),
    });
    scene = await FileScene.make(store, failing);
    const { clock } = scene.domain;
    await scene.file();
    clock.advance(DAY_MS + 1);
    const timers = clock.timers;
    scene.collector.start();
    await until(() => clock.timers > timers);
    expect(blobs.keys).toHaveLength(1);
    broken = false;
    clock.advance(HOUR_MS);
    await until(() => blobs.keys.length === 0);
  });
});
