import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from '@jest/globals';

import { ROOT } from '../../scripts/run.ts';
import { type ComposeFile, type ComposeService, composeFaults } from './compose-faults.ts';
import { readYaml } from './read-yaml.ts';

/** Without aliases, so that a change of it is one. */
function compose(): ComposeFile {
  return JSON.parse(JSON.stringify(readYaml('compose.yaml')[0])) as ComposeFile;
}

describe('compose.yaml', () => {
  test('fits the Compose specification and keeps its rules', () => {
    expect(composeFaults(compose())).toEqual([]);
  });

  test('weighs its replicas 2:1:1', () => {
    const services = Object.values(compose().services);
    expect(services.map(({ environment }) => environment?.['PARLEY_WEIGHT']).filter(Boolean)).toEqual(['2', '1', '1']);
  });

  type Services = Record<string, ComposeService>;

  test.each<[what: string, change: (services: Services, whole: ComposeFile) => unknown]>([
    ['a key that there is none of', ({ redis }) => Object.assign(redis!, { restrat: 'always' })],
    ['a number where a mapping belongs', (_services, whole) => Object.assign(whole, { volumes: 3 })],
    ['an image that may change', ({ redis }) => (redis!.image = 'redis:7')],
    [
      'a service that waits for nobody',
      ({ nginx }) => (nginx!.depends_on = { redsi: { condition: 'service_started' } }),
    ],
    ['a volume that there is none of', ({ mariadb }) => (mariadb!.volumes = ['databse:/var/lib/mysql'])],
    ['a database that forgets', ({ mariadb }) => (mariadb!.command[2] = '--innodb-flush-log-at-trx-commit=2')],
    ['a database in a container that goes', ({ mariadb }) => (mariadb!.volumes = [])],
    ['a Redis that evicts', ({ redis }) => (redis!.command[4] = '--maxmemory-policy allkeys-lru')],
    ['a Redis without a password', ({ redis }) => redis!.command.pop()],
    ['a replica that is killed early', (services) => (services['replica-2']!.stop_grace_period = '10s')],
    [
      'a replica at another address',
      (services) => (services['replica-2']!.environment!['PARLEY_ADVERTISE'] = 'x:50051'),
    ],
    ['a replica without tables', (services) => delete services['replica-1']!.depends_on!['migrate']],
    ['a replica with files of its own', (services) => (services['replica-1']!.volumes = ['front:/var/lib/parley'])],
    ['a writable root', (services) => (services['replica-3']!.read_only = false)],
    ['a balancer that sees no nginx', ({ balancer }) => delete balancer!.pid],
    ['an nginx that is process 1', ({ nginx }) => (nginx!.init = false)],
    ['a balancer with another certificate', ({ balancer }) => balancer!.volumes!.pop()],
    ['a balancer whose test of nginx fails', ({ balancer }) => balancer!.tmpfs!.pop()],
  ])('may not have %s', (_what, change) => {
    const changed = compose();
    change(changed.services, changed);
    expect(composeFaults(changed)).not.toEqual([]);
  });

  test('starts nothing while a password is empty, and .env.example has them all, empty', () => {
    const text = readFileSync(join(ROOT, 'compose.yaml'), 'utf8');
    const used = [...text.matchAll(/\$\{(\w+)(:[?-])?/g)].map(([, name, form]) => ({ name: name!, form }));
    const needed = new Set(used.filter(({ form }) => form === ':?').map(({ name }) => name));
    expect([...needed].sort()).toEqual(['MARIADB_PASSWORD', 'MARIADB_ROOT_PASSWORD', 'REDIS_PASSWORD', 'TLS_FOLDER']);
    expect(used.filter(({ name, form }) => form !== ':?' && name !== 'PORT')).toEqual([]);
    const sample = readFileSync(join(ROOT, '.env.example'), 'utf8');
    expect([...sample.matchAll(/^(\w+)=$/gm)].map(([, name]) => name).sort()).toEqual([...needed].sort());
    expect(readFileSync(join(ROOT, '.gitignore'), 'utf8').split('\n')).toContain('.env');
  });
});
