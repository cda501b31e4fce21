import { mkdir, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT, run } from './run.ts';

/**
 * Compiles into dist/, incrementally. The stamp carries the time at which a successful build began: bin/launch.js
 * runs dist/ only as long as no source is newer.
 */
const stamp = join(ROOT, 'dist/.built');
const startedAt = new Date();

await rm(stamp, { force: true });
const exitCode = await run('tsc', ['-p', 'tsconfig.build.json']);
if (exitCode === 0) {
  await mkdir(join(ROOT, 'dist'), { recursive: true });
  await writeFile(stamp, '');
  await utimes(stamp, startedAt, startedAt);
}
process.exitCode = exitCode;
