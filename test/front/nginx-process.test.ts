import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { NginxRefuses, reloadNginx } from '../../server/front/nginx-process.ts';
import { makeTempFolder, removeTempFolder } from '../setup/temp-folder.ts';
import { FrontNginx } from './front-nginx.ts';

let folder: string;

beforeEach(async () => {
  folder = await makeTempFolder('pid');
});

afterEach(() => removeTempFolder(folder));

async function pidFile(text: string): Promise<string> {
  await writeFile(join(folder, 'nginx.pid'), text);
  return join(folder, 'nginx.pid');
}

describe('nothing is signalled', () => {
  test.each(['', '0', '-1', 'nginx', '4194304999'])('where the pid file says %j', async (text) => {
    expect(await reloadNginx({ pidFile: await pidFile(text), conf: undefined })).toBe(false);
  });

  test('where there is no pid file', async () => {
    expect(await reloadNginx({ pidFile: join(folder, 'nowhere'), conf: undefined })).toBe(false);
  });

  test('where the pid is another program’s by now', async () => {
    const other: ChildProcess = spawn('sleep', ['60'], { stdio: 'ignore' });
    await once(other, 'spawn');
    const ended = once(other, 'exit');
    expect(await reloadNginx({ pidFile: await pidFile(`${other.pid}\n`), conf: undefined })).toBe(false);
    other.kill('SIGTERM');
    // Not by SIGHUP, which would have come first.
    expect(await ended).toEqual([null, 'SIGTERM']);
  });
});

test('what nginx refuses is not put in force', async () => {
  await using nginx = await FrontNginx.start({ tls: false });
  await writeFile(nginx.places.upstreams, 'server nowhere.invalid:1;\n');
  await expect(reloadNginx(nginx.places)).rejects.toThrow(NginxRefuses);
  await expect(reloadNginx(nginx.places)).rejects.toThrow(/host not found in upstream "nowhere\.invalid:1"/);
});
