import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterEach, beforeEach, expect, test } from '@jest/globals';

import { ROOT } from '../../scripts/run.ts';
import { freePort } from '../setup/free-port.ts';
import { makeTempFolder, removeTempFolder } from '../setup/temp-folder.ts';

const run = promisify(execFile);

/** Stands for the image's root: its paths are those of the Dockerfile's stage `front`, below this folder. */
let folder: string;

beforeEach(async () => {
  folder = await makeTempFolder('front');
  const [conf, shared, tls] = ['etc/parley/nginx', 'run/parley', 'etc/parley/tls'].map((path) => join(folder, path));
  for (const path of [shared!, tls!, join(folder, 'var/log/nginx')]) await mkdir(path, { recursive: true });
  await cp(join(ROOT, 'nginx'), conf!, { recursive: true });
  await cp(join(ROOT, 'deploy/nginx/container.conf'), join(conf!, 'container.conf'));
  await cp(join(ROOT, 'deploy/nginx/upstreams.conf'), join(shared!, 'upstreams.conf'));
  await rm(join(conf!, 'upstreams.conf'));
  await symlink(join(shared!, 'upstreams.conf'), join(conf!, 'upstreams.conf'));
  await run('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=localhost'],
    ...['-keyout', join(tls!, 'key.pem'), '-out', join(tls!, 'certificate.pem')],
  ]);
  const port = await freePort();
  for (const name of await readdir(conf!)) {
    if (!name.endsWith('.conf') || name === 'upstreams.conf') continue;
    const text = await readFile(join(conf!, name), 'utf8');
    const moved = text.replace(/(?<=\s)\/(?=etc\/parley|run\/parley|var\/log)/g, `${folder}/`);
    await writeFile(
      join(conf!, name),
      moved
        .replace(/^( *)listen \S*\b443\b/gm, `$1listen 127.0.0.1:${port}`)
        .replace(/\n *listen 127[^\n]*(?=\n *listen 127)/, ''),
    );
  }
});

afterEach(() => removeTempFolder(folder));

function testConfiguration(): Promise<unknown> {
  return run('nginx', ['-t', '-q', '-e', 'stderr', '-c', join(folder, 'etc/parley/nginx/container.conf')]);
}

test('nginx takes its configuration as the image lays it out, and without replicas', async () => {
  await expect(testConfiguration()).resolves.toBeDefined();
});

test('nginx refuses it where something of it is not there', async () => {
  await rm(join(folder, 'run/parley/upstreams.conf'));
  await expect(testConfiguration()).rejects.toThrow(/upstreams\.conf.*No such file/);
});
