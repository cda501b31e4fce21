import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { compareWithReleased } from '../../scripts/contract-image.ts';
import { ROOT } from '../../scripts/run.ts';

describe('buf breaking', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parley-breaking-'));
    await cp(join(ROOT, 'proto/parley'), join(folder, 'proto/parley'), { recursive: true });
    await cp(join(ROOT, 'buf.yaml'), join(folder, 'buf.yaml'));
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function change(file: string, from: string, to: string): Promise<void> {
    const path = join(folder, 'proto/parley/v1', file);
    const text = await readFile(path, 'utf8');
    expect(text).toContain(from);
    await writeFile(path, text.replace(from, to));
  }

  test('passes the contract as it is, and an addition', async () => {
    expect(await compareWithReleased(folder)).toBe(0);
    await change('chat.proto', 'uint64 nonce = 1;', 'uint64 nonce = 1;\n  // More.\n  uint64 more = 2;');
    expect(await compareWithReleased(folder)).toBe(0);
  });

  test.each([
    ['a field that is gone', 'chat.proto', '  uint64 nonce = 1;\n', ''],
    ['a field of another type', 'chat.proto', 'uint64 nonce = 1;', 'string nonce = 1;'],
    ['a field of another number', 'account.proto', 'string name = 2;', 'string name = 9;'],
    ['an rpc that is gone', 'auth_service.proto', '  rpc Logout(LogoutRequest) returns (LogoutResponse);\n', ''],
    ['an enum value of another name', 'group.proto', 'GROUP_ROLE_ADMIN', 'GROUP_ROLE_CHIEF'],
  ])('refuses %s', async (_what, file, from, to) => {
    await change(file, from, to);
    expect(await compareWithReleased(folder)).not.toBe(0);
  });
});
