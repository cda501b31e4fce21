import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { type ChannelCredentials, credentials } from '@grpc/grpc-js';

import { reloadNginx } from '../../server/front/nginx-process.ts';
import { renderNginxUpstreams } from '../../server/front/nginx-upstreams.ts';
import { AccessLog } from '../cluster/access-log.ts';
import { type NginxPlaces, prepareNginx } from '../cluster/prepare-nginx.ts';
import { type Daemon, startDaemon } from '../setup/daemon.ts';
import { freePort } from '../setup/free-port.ts';
import { makeTempFolder, removeTempFolder } from '../setup/temp-folder.ts';

/** A text of the configuration, which must be there, and what stands in its place. */
export type Change = readonly [from: string, to: string];

/** Where a replica is, and its weight. */
export type Weighted = readonly [address: string, weight: number];

export interface FrontNginxOptions {
  /** With TLS and a certificate of its own: parley.conf. Without: plain.conf. */
  readonly tls: boolean;
  readonly replicas?: readonly Weighted[];
  /** To any file of the configuration. */
  readonly changes?: readonly Change[];
}

/** nginx with the repository's configuration, but for addresses and paths. */
export class FrontNginx implements AsyncDisposable {
  /** HOST:PORT; with TLS a name that the certificate has. */
  readonly address: string;
  readonly channel: ChannelCredentials;
  readonly places: NginxPlaces;
  readonly accessLog: AccessLog;
  readonly #daemon: Daemon;

  static async start({ tls, replicas = [], changes = [] }: FrontNginxOptions): Promise<FrontNginx> {
    const folder = await makeTempFolder('front');
    const places = {
      ...{ folder, tls, address: `127.0.0.1:${await freePort()}` },
      ...{ conf: join(folder, tls ? 'parley.conf' : 'plain.conf'), pidFile: join(folder, 'nginx.pid') },
      ...{ upstreams: join(folder, 'upstreams.conf'), accessLog: join(folder, 'access.log') },
      certificate: join(folder, 'certificate.pem'),
    };
    await prepareNginx(places);
    for (const change of changes) await changeOne(folder, change);
    await writeFile(places.upstreams, render(replicas));
    const daemon = await startDaemon({
      command: 'nginx',
      args: ['-c', places.conf, '-p', folder, '-e', 'stderr'],
      ready: /start worker process \d/,
    });
    const channel = tls ? credentials.createSsl(await readFile(places.certificate)) : credentials.createInsecure();
    return new FrontNginx(places, channel, daemon);
  }

  private constructor(places: NginxPlaces, channel: ChannelCredentials, daemon: Daemon) {
    this.places = places;
    this.accessLog = new AccessLog(places.accessLog);
    this.address = places.tls ? places.address.replace('127.0.0.1', 'localhost') : places.address;
    this.channel = channel;
    this.#daemon = daemon;
  }

  /** Changes the replicas; returns once every worker knows. */
  async balance(...replicas: readonly Weighted[]): Promise<void> {
    await writeFile(this.places.upstreams, render(replicas));
    await this.reloaded(async () => void (await reloadNginx(this.places)));
  }

  /** Returns once nginx has reloaded, which `action` makes it do: new workers run, and the old ones take nothing new. */
  async reloaded(action: () => Promise<void>): Promise<void> {
    const workers = await this.#workers();
    const lines = [
      /start worker process \d/,
      ...workers.map((pid) => new RegExp(` ${pid}#${pid}: gracefully shutting`)),
    ];
    await Promise.all([action(), ...lines.map((pattern) => this.#daemon.nextLine(pattern))]);
  }

  /** The next line of its error log that matches. */
  nextLine(pattern: RegExp): Promise<string> {
    return this.#daemon.nextLine(pattern);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#daemon.stop();
    await removeTempFolder(this.places.folder);
  }

  async #workers(): Promise<string[]> {
    const { pid } = this.#daemon;
    return (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ');
  }
}

function render(replicas: readonly Weighted[]): string {
  return renderNginxUpstreams(replicas.map(([address, weight]) => ({ replica: address, address, weight })));
}

/** @throws Error where the configuration doesn't say so */
async function changeOne(folder: string, [from, to]: Change): Promise<void> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.conf')).map((name) => join(folder, name));
  const texts = await Promise.all(files.map(async (file) => [file, await readFile(file, 'utf8')] as const));
  const having = texts.filter(([, text]) => text.includes(from));
  if (having.length === 0) throw new Error(`nothing of nginx's configuration says ${from}`);
  for (const [file, text] of having) await writeFile(file, text.replaceAll(from, to));
}
