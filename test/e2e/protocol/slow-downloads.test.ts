import { randomBytes } from 'node:crypto';

import { status } from '@grpc/grpc-js';
import { describe, expect, test } from '@jest/globals';

import { ENGINES } from '../../cluster/start-server.ts';
import { useFiles } from './file-stage.ts';
import { toUser } from './frames.ts';
import { heldBytes } from './held-bytes.ts';
import type { RawDownload } from './raw-files.ts';
import type { RawUser } from './raw-user.ts';
import { type Stage, useStage } from './stage.ts';

const MIB = 1_048_576;
/** Twice what a download may hold. */
const FILE_BYTES = 6 * MIB;
/** As many as one user may have. */
const DOWNLOADS = 16;
/** A part in the server, and windows and some chunks on both ends. */
const BOUND_BYTES = 3 * MIB;

/** Somebody with a large file. */
async function withFile(stage: Stage, files: ReturnType<typeof useFiles>): Promise<{ ann: RawUser; id: bigint }> {
  const [ann, bob] = await stage.users('ann', 'bob');
  const { id } = await files.upload(ann, toUser(bob.id), randomBytes(FILE_BYTES));
  return { ann, id };
}

/** Downloads that have begun, each over a connection of its own, and of which nothing more is read. */
async function stall(files: ReturnType<typeof useFiles>, user: RawUser, id: bigint): Promise<RawDownload[]> {
  const downloads: RawDownload[] = [];
  while (downloads.length < DOWNLOADS) downloads.push(await files.of(user).read(id).begun());
  return downloads;
}

describe.each(ENGINES)('downloads that are not read, on %s', (engine) => {
  const stage = useStage(engine, { PARLEY_SLOW_CONSUMER_MS: '600000' });
  const files = useFiles(stage);

  test('cost no more than a bound; one more is refused', async () => {
    const { ann, id } = await withFile(stage(), files);
    const before = await heldBytes();
    const downloads = await stall(files, ann, id);
    expect((await heldBytes()) - before).toBeLessThan(DOWNLOADS * BOUND_BYTES);
    await expect(files.fetch(ann, id)).rejects.toMatchObject({ reason: 'OVERLOADED' });
    for (const download of downloads) await download.cancel();
  }, 60_000);
});

describe.each(ENGINES)('downloads that are not read for too long, on %s', (engine) => {
  const stage = useStage(engine, { PARLEY_SLOW_CONSUMER_MS: '1000' });
  const files = useFiles(stage);

  test('are cut off, and their places are free again', async () => {
    const { ann, id } = await withFile(stage(), files);
    const downloads = await stall(files, ann, id);
    const again = () => files.fetch(ann, id, BigInt(FILE_BYTES - 5)).catch(() => undefined);
    while ((await again()) === undefined);
    const codes = await Promise.all(downloads.map((download) => download.drain()));
    expect(codes.filter((code) => code !== Number(status.OK))).not.toEqual([]);
  }, 60_000);
});
