import { once } from 'node:events';
import { watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AccessLog } from './access-log.ts';
import { prepareNginx } from './prepare-nginx.ts';
import { ServiceProcess } from './service-process.ts';

const LISTED_WITHIN_MS = 20_000;
const LAUNCHER = join(import.meta.dirname, '../../server/bin/parley-lb.js');

export interface FrontOptions {
  /** For the configuration, and what nginx keeps. */
  readonly folder: string;
  readonly logFolder: string;
  /** HOST:PORT where clients come in. */
  readonly address: string;
  readonly tls: boolean;
  readonly redisUrl: string;
}

/** What stands before the replicas: nginx with the repository's configuration, and parley-lb, which tells it of them. */
export class Front {
  readonly nginx: ServiceProcess;
  readonly balancer: ServiceProcess;
  readonly accessLog: AccessLog;
  readonly #options: FrontOptions;

  constructor(options: FrontOptions) {
    const { folder, logFolder, redisUrl } = options;
    this.#options = options;
    this.accessLog = new AccessLog(this.#accessLog);
    this.nginx = new ServiceProcess({
      command: 'nginx',
      args: ['-c', this.#conf, '-p', folder, '-e', 'stderr'],
      ready: /start worker process \d/,
      logFile: join(logFolder, 'nginx.log'),
    });
    this.balancer = new ServiceProcess({
      command: process.execPath,
      args: [
        LAUNCHER,
        `--redis-url=${redisUrl}`,
        `--nginx-upstreams=${this.#upstreams}`,
        `--nginx-pid=${this.#pidFile}`,
        `--nginx-conf=${this.#conf}`,
        '--log-format=json',
      ],
      ready: /list of replicas written/,
      logFile: join(logFolder, 'parley-lb.log'),
    });
  }

  /** The certificate that clients have to trust, in PEM; only with TLS. */
  get certificate(): string {
    return join(this.#options.folder, 'certificate.pem');
  }

  /**
   * Starts both for replicas that are up: nginx last. Told of them later, it would refuse the first calls, since its old
   * workers still take some while the new ones begin.
   */
  async start(replicas: readonly string[]): Promise<void> {
    const { folder, address, tls } = this.#options;
    await prepareNginx({
      ...{ folder, address, tls, conf: this.#conf, pidFile: this.#pidFile, upstreams: this.#upstreams },
      ...{ accessLog: this.#accessLog, certificate: this.certificate },
    });
    await this.balancer.start();
    for (const replica of replicas) await this.untilListed(replica, true);
    await this.nginx.start();
  }

  /** The replicas that nginx may send streams to, by HOST:PORT. */
  async upstreams(): Promise<string[]> {
    const lines = await readFile(this.#upstreams, 'utf8');
    return [...lines.matchAll(/^server (\S+) weight/gm)].map(([, address]) => address!);
  }

  /** Resolves once a replica is among those that nginx may send streams to, or no longer. */
  async untilListed(address: string, isListed: boolean): Promise<void> {
    const watcher = watch(this.#options.folder);
    try {
      for (;;) {
        const changed = once(watcher, 'change', { signal: AbortSignal.timeout(LISTED_WITHIN_MS) });
        // It may never be awaited.
        changed.catch(() => undefined);
        if ((await this.upstreams()).includes(address) === isListed) return;
        await changed;
      }
    } finally {
      watcher.close();
    }
  }

  get #conf(): string {
    return join(this.#options.folder, this.#options.tls ? 'parley.conf' : 'plain.conf');
  }

  get #pidFile(): string {
    return join(this.#options.folder, 'nginx.pid');
  }

  get #upstreams(): string {
    return join(this.#options.folder, 'upstreams.conf');
  }

  get #accessLog(): string {
    return join(this.#options.logFolder, 'access.log');
  }
}
