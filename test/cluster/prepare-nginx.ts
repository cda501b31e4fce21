import { execFile } from 'node:child_process';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const OURS = join(import.meta.dirname, '../../nginx');

/** Absolute paths, all of them in `folder` but for the log. */
export interface NginxPlaces {
  readonly folder: string;
  /** `parley.conf` with TLS, `plain.conf` without. */
  readonly conf: string;
  readonly pidFile: string;
  readonly upstreams: string;
  readonly certificate: string;
  readonly accessLog: string;
  /** HOST:PORT where nginx is to listen. */
  readonly address: string;
  readonly tls: boolean;
}

/**
 * Copies the repository's configuration of nginx, and makes it one for another address, for other folders, and for a user
 * who isn't root. It has no replicas yet. With TLS there is a certificate for localhost that has signed itself.
 *
 * @throws Error where the configuration lacks what has to be replaced
 */
export async function prepareNginx(places: NginxPlaces): Promise<void> {
  const { folder, conf, upstreams, tls } = places;
  await cp(OURS, folder, { recursive: true, filter: (path) => !path.endsWith('.md') });
  await writeFile(upstreams, 'server 127.0.0.1:9 down;\n');
  if (tls) await makeCertificate(folder, places.certificate);
  const changes = [...processChanges(places), ...(tls ? tlsChanges(places) : plainChanges(places))];
  await writeFile(conf, replaceAll(await readFile(conf, 'utf8'), changes));
}

type Change = readonly [pattern: RegExp, replacement: string];

function processChanges({ folder, pidFile, accessLog }: NginxPlaces): Change[] {
  const head = `daemon off;\npid ${pidFile};\nerror_log stderr notice;\n`;
  return [
    [/^user .*;\n/m, isRoot() ? `user www-data;\n${head}` : head],
    [/http \{\n/, `http {\n${isRoot() ? '' : temporaryPaths(folder)}`],
    // Unbuffered: what is looked for in it is there.
    [/access_log \S+ parley.*;/, `access_log ${accessLog} parley;`],
  ];
}

function plainChanges({ address }: NginxPlaces): Change[] {
  return [[/listen \S+ http2;/, `listen ${address} http2;`]];
}

function tlsChanges({ folder, address, certificate }: NginxPlaces): Change[] {
  return [
    [/listen 443 ssl http2;\n\s*listen \[::\]:443 ssl http2;/, `listen ${address} ssl http2;`],
    [/ssl_certificate \S+;/, `ssl_certificate ${certificate};`],
    [/ssl_certificate_key \S+;/, `ssl_certificate_key ${join(folder, 'key.pem')};`],
    // All come from this machine.
    [/limit_conn parley_per_address \d+;/, ''],
  ];
}

function replaceAll(text: string, changes: readonly Change[]): string {
  return changes.reduce((changed, [pattern, replacement]) => {
    if (!pattern.test(changed)) throw new Error(`nothing in nginx's configuration matches ${pattern}`);
    return changed.replace(pattern, replacement);
  }, text);
}

/** Those that nginx was built with belong to root. */
function temporaryPaths(folder: string): string {
  const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return kinds.map((kind) => `    ${kind}_temp_path ${join(folder, `${kind}_temp`)};\n`).join('');
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

async function makeCertificate(folder: string, certificate: string): Promise<void> {
  await run('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30'],
    ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
    ...['-keyout', join(folder, 'key.pem'), '-out', certificate],
  ]);
}
