import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { MemoryBlobs } from '../../../server/blobs/memory-blobs.ts';
import { ENGINES, startServer } from '../../cluster/start-server.ts';
import { ManualClock } from '../../domain/manual-clock.ts';
import { useFiles } from './file-stage.ts';
import { toUser } from './frames.ts';
import { headerOf } from './raw-files.ts';
import { Stage } from './stage.ts';

const HOUR_MS = 3_600_000;

describe.each(ENGINES)('a file that no message carries, on %s', (engine) => {
  const clock = new ManualClock();
  const blobs = new MemoryBlobs();
  let stage: Stage;
  const files = useFiles(() => stage);

  beforeAll(async () => {
    const environment = { PARLEY_ORPHAN_HOURS: '2' };
    stage = new Stage(await startServer({ engine, environment, overrides: { clock, blobs } }));
  });
  afterAll(() => stage.close());

  test('is deleted some hours after it was uploaded; one that is carried is not', async () => {
    const [ann, bob] = await stage.users('ann', 'bob');
    const target = toUser(bob.id);
    const carried = await files.upload(ann, target, Buffer.from('carried'));
    await files.send(ann, target, [carried]);
    const bytes = Buffer.from('orphan');
    const header = headerOf(target, bytes);
    const orphan = await files.of(ann).upload(header, bytes);
    expect(blobs.keys).toHaveLength(2);

    clock.advance(HOUR_MS);
    await files.fetch(ann, orphan.id);
    while (blobs.keys.length > 1) {
      clock.advance(HOUR_MS);
      await files.fetch(bob, carried.id);
    }
    const gone = { code: status.NOT_FOUND, reason: 'ATTACHMENT_NOT_FOUND' };
    await expect(files.fetch(ann, orphan.id)).rejects.toMatchObject(gone);
    await expect(files.send(ann, target, [orphan])).rejects.toMatchObject(gone);
    await expect(files.of(ann).progress(header.requestId)).rejects.toMatchObject(gone);
    expect(await files.fetch(bob, carried.id)).toEqual(Buffer.from('carried'));
    expect((await files.of(ann).upload(header, bytes)).id).toBeGreaterThan(orphan.id);
  });
});
