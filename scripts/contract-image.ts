import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { mustRun, ROOT, run } from './run.ts';

/** The contract as it was last released. */
export const RELEASED = join(ROOT, 'proto/released.binpb');

/** Builds the image of the contract that lies in a folder (default: this one): what is compared, and nothing it imports. */
export async function buildContract(image: string, folder = ROOT): Promise<void> {
  await mustRun('buf', ['build', '--path', 'proto/parley/v1', '--exclude-source-info', '-o', image], { cwd: folder });
}

/** The exit code of `buf breaking`: 0 where clients of the released contract can talk to the one in the folder. */
export async function compareWithReleased(folder = ROOT): Promise<number> {
  const scratch = await mkdtemp(join(tmpdir(), 'parley-contract-'));
  try {
    const image = join(scratch, 'contract.binpb');
    await buildContract(image, folder);
    return await run('buf', ['breaking', image, '--against', RELEASED], { cwd: folder });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
