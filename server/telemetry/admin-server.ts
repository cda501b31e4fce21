import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

import type { Metrics } from './metrics.ts';

export interface AdminServerParts {
  readonly metrics: Metrics;
  /** Whether the replica takes calls: not while it starts or drains. */
  readonly ready: () => boolean;
  /** Told of an answer that could not be made. */
  readonly onFailure: (cause: unknown) => void;
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly contentType?: string;
}

/** Those who look are few; whoever is slow, or many, gets nothing. */
const MAX_CONNECTIONS = 32;
const HEADERS_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 10_000;
const KEEP_ALIVE_MS = 5_000;
const MAX_HEADER_BYTES = 8_192;

/**
 * What operators and their machines ask by HTTP: `/metrics` in Prometheus' format, `/healthz` (200 while the process
 * runs), `/readyz` (200 while it takes calls, else 503). Without authentication, so it belongs on an address of its own.
 */
export class AdminServer implements AsyncDisposable {
  readonly #parts: AdminServerParts;
  readonly #server: Server;

  constructor(parts: AdminServerParts) {
    this.#parts = parts;
    const limits = {
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
    };
    this.#server = createServer(limits, (request, response) => void this.#serve(request, response));
    this.#server.maxConnections = MAX_CONNECTIONS;
  }

  /** Listens at HOST:PORT (port 0: any free one) and gives the address. @throws Error when it can't */
  async listen(address: string): Promise<string> {
    const colon = address.lastIndexOf(':');
    const host = address.slice(0, colon);
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host: host.replace(/^\[|\]$/g, ''), port: Number(address.slice(colon + 1)) }, resolve);
    });
    this.#parts.metrics.watchProcess();
    const bound = this.#server.address();
    return `${host}:${typeof bound === 'object' ? bound?.port : ''}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // What comes with a request is of no use.
    request.resume();
    let answer: Answer;
    try {
      answer = await this.#answer(request);
    } catch (cause) {
      this.#parts.onFailure(cause);
      answer = { status: 500, body: 'failed' };
    }
    const { status, body, contentType = 'text/plain; charset=utf-8' } = answer;
    response.writeHead(status, { 'content-type': contentType, 'cache-control': 'no-store' });
    response.end(request.method === 'HEAD' ? undefined : `${body.trimEnd()}\n`);
  }

  async #answer({ method, url = '/' }: IncomingMessage): Promise<Answer> {
    if (method !== 'GET' && method !== 'HEAD') return { status: 405, body: 'GET only' };
    switch (url.split('?', 1)[0]) {
      case '/metrics': {
        const { contentType, text } = await this.#parts.metrics.exposition();
        return { status: 200, body: text, contentType };
      }
      case '/healthz':
        return { status: 200, body: 'alive' };
      case '/readyz':
        return this.#parts.ready() ? { status: 200, body: 'ready' } : { status: 503, body: 'not ready' };
      default:
        return { status: 404, body: 'there is /metrics, /healthz and /readyz' };
    }
  }
}
