import { once } from 'node:events';
import { watch } from 'node:fs';
import { readFile } from 'node:fs/promises';

const LOGGED_WITHIN_MS = 5_000;

/** A call that has ended, as nginx logs it. */
export interface LoggedCall {
  /** When it ended, to the second. */
  readonly time: string;
  readonly client: string;
  readonly connection: number;
  /** The path of the rpc. */
  readonly call: string;
  readonly status: number;
  readonly grpc_status: string;
  /** The replicas that it was passed to, HOST:PORT, one after the other, separated by a comma. */
  readonly upstream: string;
  readonly tls: string;
}

/** The access log that nginx writes, one JSON line a call. */
export class AccessLog {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  async text(): Promise<string> {
    return await readFile(this.#path, 'utf8');
  }

  async calls(): Promise<LoggedCall[]> {
    const lines = (await this.text()).split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as LoggedCall);
  }

  /** The calls that match, once there are so many: a line comes a little later than the client's status. */
  async logged(matches: (call: LoggedCall) => boolean, count = 1): Promise<LoggedCall[]> {
    const watcher = watch(this.#path);
    try {
      for (;;) {
        const changed = once(watcher, 'change', { signal: AbortSignal.timeout(LOGGED_WITHIN_MS) });
        // It may never be awaited.
        changed.catch(() => undefined);
        const found = (await this.calls()).filter(matches);
        if (found.length >= count) return found;
        await changed;
      }
    } finally {
      watcher.close();
    }
  }
}
