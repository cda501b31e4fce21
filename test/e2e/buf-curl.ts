import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { status } from '@grpc/grpc-js';
import { ErrorInfo } from '../../proto/gen/google/rpc/error_details.pb.ts';

/** The program itself: signals sent to the script that `npx buf` runs would not reach it. */
const BUF = fileURLToPath(
  new URL(`../../node_modules/@bufbuild/buf-${process.platform}-${process.arch}/bin/buf`, import.meta.url),
);

/** buf ends with the status code shifted by three bits; smaller values are its own failures. */
const EXIT_SHIFT = 3;

export interface BufCurlOptions {
  /** For `authorization: Bearer`. */
  readonly token?: string;
  /** The request, or the requests of a client stream. Default: one empty request. */
  readonly data?: readonly object[];
}

export interface BufCurlResult {
  readonly code: status;
  /** The messages of the response. */
  readonly responses: readonly Json[];
  /** The reason and the domain of the error's ErrorInfo, where it has one. */
  readonly info: { readonly reason: string; readonly domain: string } | undefined;
  /** What else there is to say about a failure. */
  readonly message: string | undefined;
}

export type Json = Record<string, unknown>;

interface BufCurlError {
  readonly message?: string;
  readonly details?: readonly { readonly type: string; readonly value: string }[];
}

/** Calls an rpc, `package.Service/Method`, by `buf curl`, which knows nothing but what reflection tells it. */
export async function bufCurl(address: string, rpc: string, options: BufCurlOptions = {}): Promise<BufCurlResult> {
  const call = new BufCurlCall(address, rpc, options.token);
  for (const request of options.data ?? [{}]) call.write(request);
  return call.finish();
}

/** The lines that `buf curl --list-services` or `--list-methods` prints. */
export async function bufCurlList(address: string, what: 'services' | 'methods'): Promise<string[]> {
  const child = spawnBuf([`--list-${what}`, `http://${address}`]);
  child.stdin.end();
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  if (errors !== '') throw new Error(`buf curl --list-${what}: ${errors}`);
  return output.trimEnd().split('\n');
}

/** One call that is under way: requests go in one by one, responses come out one by one. */
export class BufCurlCall {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #responses: AsyncGenerator<Json, void>;
  readonly #errors: Promise<string>;
  readonly #closed: Promise<unknown[]>;

  constructor(address: string, rpc: string, token?: string) {
    const header = token === undefined ? [] : ['--header', `authorization: Bearer ${token}`];
    this.#child = spawnBuf([...header, '--data', '@-', `http://${address}/${rpc}`]);
    // A call that fails early closes its input; the exit code tells why.
    this.#child.stdin.on('error', () => {});
    this.#responses = documents(this.#child);
    this.#errors = text(this.#child.stderr);
    this.#closed = once(this.#child, 'close');
  }

  write(request: object): void {
    this.#child.stdin.write(`${JSON.stringify(request)}\n`);
  }

  /** There are no more requests. Where there is one only, buf sends it no sooner. */
  end(): void {
    this.#child.stdin.end();
  }

  /** The next response. Throws where the call ends instead. */
  async next(): Promise<Json> {
    const { value } = await this.#responses.next();
    if (value === undefined) throw new Error(`the call ended: ${await this.#errors}`);
    return value;
  }

  /** Ends the requests, and gives what is left of the responses and the status. */
  async finish(): Promise<BufCurlResult> {
    this.end();
    const responses: Json[] = [];
    for await (const response of this.#responses) responses.push(response);
    const [exitCode] = (await this.#closed) as [number | null];
    return result(exitCode, responses, await this.#errors);
  }

  /** Breaks the call off, from the client's side. */
  async cancel(): Promise<void> {
    this.#child.kill('SIGTERM');
    await this.#closed;
  }
}

function spawnBuf(args: readonly string[]): ChildProcessWithoutNullStreams {
  return spawn(BUF, ['curl', '--protocol', 'grpc', '--http2-prior-knowledge', ...args]);
}

/** buf prints each response as indented JSON: it ends with the only line that begins with a closing brace. */
async function* documents(child: ChildProcessWithoutNullStreams): AsyncGenerator<Json, void> {
  let lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (line !== '}' && line !== '{}') continue;
    yield JSON.parse(lines.join('\n')) as Json;
    lines = [];
  }
}

function result(exitCode: number | null, responses: readonly Json[], errors: string): BufCurlResult {
  if (exitCode === 0) return { code: status.OK, responses, info: undefined, message: undefined };
  if (exitCode === null || exitCode >> EXIT_SHIFT === 0) throw new Error(`buf curl failed (${exitCode}): ${errors}`);
  const { message, details = [] } = JSON.parse(errors) as BufCurlError;
  const encoded = details.find(({ type }) => type === 'google.rpc.ErrorInfo')?.value;
  const info = encoded === undefined ? undefined : ErrorInfo.decode(Buffer.from(encoded, 'base64'));
  return {
    code: exitCode >> EXIT_SHIFT,
    responses,
    info: info && { reason: info.reason, domain: info.domain },
    message,
  };
}
