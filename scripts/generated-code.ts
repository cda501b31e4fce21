import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { mustRun } from './run.ts';

const IMAGE = 'descriptor.binpb';
const RPC = 'node_modules/google-proto-files/google/rpc';

/** What the image describes; what replicas tell each other is not among it. */
const DESCRIBED = [
  'proto/parley/v1',
  `${RPC}/status.proto`,
  `${RPC}/error_details.proto`,
  'node_modules/grpc-health-check/proto/health',
  'node_modules/@grpc/reflection/build/proto/grpc',
];

/** Generates stubs and the descriptor image into a folder, in the place of what it held. */
export async function generateInto(folder: string): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), 'parley-generate-'));
  try {
    // buf.gen.yaml names proto/gen; -o puts a folder before it.
    await mustRun('buf', ['generate', '-o', scratch]);
    const paths = DESCRIBED.flatMap((path) => ['--path', path]);
    await mustRun('buf', ['build', '--as-file-descriptor-set', ...paths, '-o', join(scratch, 'proto/gen', IMAGE)]);
    await rm(folder, { recursive: true, force: true });
    await cp(join(scratch, 'proto/gen'), folder, { recursive: true });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** The files of two folders that differ, or are in one of them only. */
export async function differences(a: string, b: string): Promise<string[]> {
  const names = new Set([...(await filesIn(a)), ...(await filesIn(b))]);
  const differing = await Promise.all(
    [...names].map(async (name) => {
      const [inA, inB] = await Promise.all([a, b].map((folder) => readFile(join(folder, name)).catch(() => undefined)));
      return inA !== undefined && inB !== undefined && inA.equals(inB) ? [] : [name];
    }),
  );
  return differing.flat().sort();
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}
