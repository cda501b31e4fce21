import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

const SETPRIV = '/usr/bin/setpriv';
const LOG_LINES_KEPT = 40;

export interface DaemonOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** The line of its output that says it serves. */
  readonly ready: RegExp;
  readonly readyWithinMs?: number;
  /** Sent by `stop`; SIGTERM unless told. */
  readonly stopSignal?: NodeJS.Signals;
  readonly stopWithinMs?: number;
  /** A file that its output is added to; without one, only the last lines are known, and only to who waits for one. */
  readonly logFile?: string | undefined;
}

/** A server process that a test started, and stops by its pid. */
export interface Daemon extends AsyncDisposable {
  readonly pid: number;
  /** Resolves with the exit code when the process has ended; null after a signal. */
  readonly exited: Promise<number | null>;
  /** Resolves with the next line of output that matches. Rejects when the process ends before. */
  nextLine(pattern: RegExp): Promise<string>;
  signal(signal: NodeJS.Signals): void;
  /** Ends the process, by SIGKILL if it takes longer than `stopWithinMs` (10 s); harmless if it has ended. */
  stop(): Promise<void>;
}

/**
 * Starts a server and waits for its ready line. It runs in a process group of its own, so that a ctrl-C stops it only
 * after the tests, and it does not outlive this process, however that ends.
 *
 * @throws Error with the last lines of its output when it ends or stays silent instead.
 */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const [command, args] = boundToParent(options.command, options.args);
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const log = new OutputLog(child, options.command);
  if (options.logFile !== undefined) keepOutput(child, options.logFile);
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const killAll = (): void => killGroup(child);
  process.once('exit', killAll);
  child.once('exit', () => {
    process.off('exit', killAll);
    // Workers of a master that was killed would go on, and hold its ports.
    killAll();
  });

  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
    child.kill(options.stopSignal ?? 'SIGTERM');
    const overdue = setTimeout(killAll, options.stopWithinMs ?? 10_000);
    await exited;
    clearTimeout(overdue);
  };

  const readyWithinMs = options.readyWithinMs ?? 30_000;
  const late = setTimeout(() => log.fail(`is not ready after ${readyWithinMs} ms`), readyWithinMs);
  try {
    await log.nextLine(options.ready);
  } catch (error) {
    await stop();
    throw error;
  } finally {
    clearTimeout(late);
  }
  return {
    pid: child.pid!,
    exited,
    nextLine: (pattern) => log.nextLine(pattern),
    signal: (signal) => void child.kill(signal),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** Ends what is left of a daemon and of the processes that it has started. */
function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nobody is left.
  }
}

/** On Linux the kernel ends the daemon with its parent, even one that was killed. */
function boundToParent(command: string, args: readonly string[]): [string, string[]] {
  if (process.platform !== 'linux' || !existsSync(SETPRIV)) return [command, [...args]];
  return [SETPRIV, ['--pdeathsig', 'KILL', '--', command, ...args]];
}

/** Adds both outputs of a process to a file. */
function keepOutput(child: ChildProcess, path: string): void {
  const file = createWriteStream(path, { flags: 'a' });
  for (const output of [child.stdout, child.stderr]) output!.on('data', (chunk: Buffer) => file.write(chunk));
  child.once('close', () => file.end());
}

/** Reads both outputs of a process to their end, keeps the last lines, and answers those who wait for one. */
class OutputLog {
  readonly #name: string;
  readonly #kept: string[] = [];
  readonly #waiting = new Set<{ pattern: RegExp; resolve: (line: string) => void; reject: (error: Error) => void }>();
  #failure: Error | undefined;

  constructor(child: ChildProcess, name: string) {
    this.#name = name;
    for (const output of [child.stdout, child.stderr]) this.#read(output!);
    child.once('error', (error) => this.fail(`could not be started: ${error.message}`));
    child.once('close', (code, signal) => this.fail(`ended (${signal ?? `exit code ${code}`})`));
  }

  nextLine(pattern: RegExp): Promise<string> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => this.#waiting.add({ pattern, resolve, reject }));
  }

  fail(what: string): void {
    this.#failure = new Error(`${this.#name} ${what}\n${this.#kept.join('\n')}`);
    for (const waiter of this.#waiting) waiter.reject(this.#failure);
    this.#waiting.clear();
  }

  #read(output: Readable): void {
    createInterface({ input: output }).on('line', (line) => {
      this.#kept.push(line);
      if (this.#kept.length > LOG_LINES_KEPT) this.#kept.shift();
      for (const waiter of this.#waiting) {
        if (!waiter.pattern.test(line)) continue;
        this.#waiting.delete(waiter);
        waiter.resolve(line);
      }
    });
  }
}
