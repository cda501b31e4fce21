import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const LAUNCHER = join(import.meta.dirname, '../../clients/cli/bin/parley.js');

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** What stdin holds. Default: nothing. */
  readonly input?: string;
}

/** Runs a command line in an environment that knows nothing of the one the tests run in, and waits for its end. */
export async function runParley(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const child = spawn(process.execPath, [LAUNCHER, ...args], { env: cleanEnv(options.env) });
  child.stdin.on('error', () => {});
  child.stdin.end(options.input ?? '');
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout: stdout(), stderr: stderr() };
}

/** A command line on a terminal of its own: what is written to it is typed, what it shows can be waited for. */
export class CliTerminal implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #waiting = new Set<() => void>();
  #shown = '';
  #from = 0;

  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    // Without a shell in between, which would have its own ideas of Ctrl-C.
    const command = `exec ${[process.execPath, LAUNCHER, ...args].map(quote).join(' ')}`;
    this.#child = spawn('script', ['-qec', command, '/dev/null'], { env: { ...cleanEnv(env), TERM: 'xterm' } });
    this.#child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.#shown += text;
      for (const look of this.#waiting) look();
    });
  }

  /** All that was shown, with the terminal's control sequences. */
  get shown(): string {
    return this.#shown;
  }

  /** Resolves once it shows `text`, after what was waited for before. */
  async shows(text: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const finish = (settle: () => void): void => {
        clearTimeout(late);
        this.#waiting.delete(look);
        settle();
      };
      const look = (): void => {
        const at = this.#shown.indexOf(text, this.#from);
        if (at < 0) return;
        this.#from = at + text.length;
        finish(resolve);
      };
      const late = setTimeout(() => finish(() => reject(new Error(`no "${text}" in: ${this.#shown}`))), 15_000);
      this.#waiting.add(look);
      look();
    });
  }

  type(text: string): void {
    this.#child.stdin!.write(text);
  }

  /** Resolves with the exit code. */
  async ended(): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'exit');
    return this.#child.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin!.destroy();
    this.#child.kill('SIGKILL');
    await this.ended();
  }
}

function cleanEnv(env: CliOptions['env']): NodeJS.ProcessEnv {
  const { PATH, HOME } = process.env;
  return { PATH, HOME, TZ: 'UTC', ...env };
}

function collect(stream: NodeJS.ReadableStream): () => string {
  let text = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  return () => text;
}

function quote(argument: string): string {
  return `'${argument.replaceAll("'", `'\\''`)}'`;
}
