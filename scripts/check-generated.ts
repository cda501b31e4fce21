import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { differences, generateInto } from './generated-code.ts';
import { ROOT } from './run.ts';

/** Whether proto/gen is what the contract gives: generates beside it and compares. */
const scratch = await mkdtemp(join(tmpdir(), 'parley-generated-'));
try {
  await generateInto(join(scratch, 'gen'));
  const differing = await differences(join(scratch, 'gen'), join(ROOT, 'proto/gen'));
  if (differing.length > 0) {
    process.stderr.write(
      `proto/gen is not what the contract gives; run: npm run generate\n  ${differing.join('\n  ')}\n`,
    );
    process.exitCode = 1;
  }
} finally {
  await rm(scratch, { recursive: true, force: true });
}
