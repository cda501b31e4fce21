import type { Duplex } from 'node:stream';
import type { PoolConnection } from 'mysql2';
import type { DataSource, QueryRunner } from 'typeorm';
import { untilAborted } from './attempts.ts';

/** A pooled connection for one attempt. Given back in order, or destroyed, at the latest when the signal is aborted. */
export class MysqlLease {
  readonly runner: QueryRunner;
  readonly #connection: PoolConnection;
  readonly #signal: AbortSignal;
  #ended = false;

  private constructor(runner: QueryRunner, connection: PoolConnection, signal: AbortSignal) {
    this.runner = runner;
    this.#connection = connection;
    this.#signal = signal;
    signal.addEventListener('abort', this.destroy, { once: true });
  }

  /** Waits for a connection until the signal is aborted; one that comes later goes back to the pool. */
  static async acquire(dataSource: DataSource, signal: AbortSignal): Promise<MysqlLease> {
    const runner = dataSource.createQueryRunner();
    const connecting = runner.connect() as Promise<PoolConnection>;
    try {
      return new MysqlLease(runner, await untilAborted(connecting, signal), signal);
    } catch (error) {
      connecting.then(() => runner.release()).catch(() => undefined);
      throw error;
    }
  }

  release(): void {
    if (!this.#end()) return;
    void this.runner.release();
  }

  /** Out of the pool, and the socket closed at once: a server that hangs would never take part in closing it. */
  readonly destroy = (): void => {
    if (!this.#end()) return;
    this.#connection.destroy();
    (this.#connection as unknown as { stream: Duplex }).stream.destroy();
  };

  #end(): boolean {
    if (this.#ended) return false;
    this.#ended = true;
    this.#signal.removeEventListener('abort', this.destroy);
    return true;
  }
}
