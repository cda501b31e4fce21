import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { ROOT } from '../../scripts/run.ts';

/** For each rule, a file that breaks it and what it imports. */
const VIOLATIONS: readonly (readonly [rule: string, file: string, imports: string])[] = [
  ['no-cycles', 'server/friends/a.ts', './b.ts'],
  ['lib-is-the-bottom', 'server/lib/clock-user.ts', '../accounts/plain.ts'],
  ['seams-know-no-domain', 'server/store/curious.ts', '../accounts/plain.ts'],
  ['domain-sees-seams-only', 'server/messages/impatient.ts', '../store/engine.ts'],
  ['domain-sees-seams-only', 'server/attachments/impatient.ts', '../blobs/disk-blobs.ts'],
  ['domain-sees-seams-only', 'server/front/impatient.ts', '../store/engine.ts'],
  ['rpc-sees-seams-only', 'server/rpc/impatient.ts', '../store/engine.ts'],
  ['implementations-in-app-only', 'server/groups/impatient.ts', '../presence/memory-presence.ts'],
  ['app-is-for-the-process', 'server/accounts/upward.ts', '../app.ts'],
  ['config-is-for-the-root', 'server/accounts/settings.ts', '../config.ts'],
  ['grpc-at-the-edge', 'server/delivery/wired.ts', '@grpc/grpc-js'],
  ['grpc-at-the-edge', 'server/delivery/generated.ts', '../../proto/gen/message.pb.ts'],
  ['typeorm-in-the-store', 'server/groups/queries.ts', 'typeorm'],
  ['redis-in-redis-files', 'server/bus/other-bus.ts', 'ioredis'],
  ['clients-know-no-server', 'clients/node/curious.ts', '../../server/accounts/plain.ts'],
  ['sdk-by-its-index', 'clients/cli/impatient.ts', '../node/inside.ts'],
  ['sdk-stands-alone', 'clients/node/upward.ts', '../cli/plain.ts'],
  ['production-needs-no-test', 'server/groups/tested.ts', '../../test/fixture.ts'],
  ['resolvable', 'server/groups/lost.ts', './nowhere.ts'],
  ['declared', 'server/groups/dev.ts', 'fast-check'],
];

const PLAIN = [
  'server/accounts/plain.ts',
  'server/store/engine.ts',
  'server/blobs/disk-blobs.ts',
  'server/presence/memory-presence.ts',
  'server/app.ts',
  'server/config.ts',
  'proto/gen/message.pb.ts',
  'clients/node/inside.ts',
  'clients/cli/plain.ts',
  'test/fixture.ts',
];

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parley-layers-'));
  const files = [
    ['server/friends/b.ts', "export * as a from './a.ts';\n"] as const,
    ...PLAIN.map((file) => [file, 'export const plain = 1;\n'] as const),
    ...VIOLATIONS.map(
      ([, file, imports]) => [file, `import * as it from '${imports}';\nexport const used = it;\n`] as const,
    ),
  ];
  for (const [file, text] of files) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), text);
  }
  for (const shared of ['node_modules', 'package.json', 'tsconfig.json', '.dependency-cruiser.cjs']) {
    await symlink(join(ROOT, shared), join(folder, shared));
  }
});

afterAll(() => rm(folder, { recursive: true, force: true }));

interface Cruised {
  readonly summary: {
    readonly violations: readonly { readonly from: string; readonly rule: { readonly name: string } }[];
  };
}

test('each layer rule can fail', async () => {
  const args = ['--config', '.dependency-cruiser.cjs', '--output-type', 'json', 'server', 'clients', 'test'];
  const output = await new Promise<string>((resolve) => {
    const options = { cwd: folder, maxBuffer: 1e8 };
    execFile(join(ROOT, 'node_modules/.bin/depcruise'), args, options, (_error, stdout) => resolve(stdout));
  });
  const { violations } = (JSON.parse(output) as Cruised).summary;
  const found = new Set(violations.map(({ rule, from }) => `${rule.name}: ${from}`));
  expect(VIOLATIONS.map(([rule, file]) => `${rule}: ${file}`).filter((violation) => !found.has(violation))).toEqual([]);
});
