import type { Logger } from './log.ts';

interface Named {
  readonly replica: string;
  readonly address: string;
}

/** What parley-lb does, as the operator sees it: one function an event, one line a change. */
export class BalancerEvents {
  readonly #log: Logger;

  constructor(log: Logger) {
    this.#log = log;
  }

  started(files: readonly string[]): void {
    this.#log.info({ files }, 'parley-lb keeps the list of replicas');
  }

  takenIn({ replica, address, weight }: Named & { readonly weight: number }): void {
    this.#log.info({ replica, address, weight }, 'replica taken in');
  }

  takenOut({ replica, address }: Named, why: string): void {
    this.#log.info({ replica, address, why }, 'replica taken out');
  }

  weightChanged({ replica, address, weight }: Named & { readonly weight: number }): void {
    this.#log.info({ replica, address, weight }, 'weight changed');
  }

  /** Nobody can take new streams, so those who did last are kept. */
  lastKept(replicas: number): void {
    this.#log.warn({ replicas }, 'no replica is able to serve; the last ones are kept');
  }

  recordRefused({ replica, address }: Named, cause: unknown): void {
    this.#log.warn({ replica, address, err: cause }, 'replica left out: its record is of no use');
  }

  registryLost(cause: unknown): void {
    this.#log.warn({ err: cause }, 'the registry does not answer; the replicas known are still checked');
  }

  registryBack(): void {
    this.#log.info('the registry answers again');
  }

  shown(file: string, outcome: string, replicas: number): void {
    this.#log.info({ file, outcome, replicas }, 'list of replicas written');
  }

  nginxAwaited(file: string): void {
    this.#log.info({ file }, 'list of replicas written; no nginx runs yet that could read it');
  }

  showFailed(file: string, cause: unknown): void {
    this.#log.error({ file, err: cause }, 'the list of replicas could not be put in force, will try again');
  }
}
