import { connect, type ClientHttp2Session, type ClientHttp2Stream, type IncomingHttpHeaders } from 'node:http2';

import { Metadata } from '@grpc/grpc-js';

import { readTrailers, type RichStatus } from './rich-status.ts';

/** gRPC by hand, for bytes that no generated code would send. */
export class RawHttp2 implements Disposable {
  readonly #session: ClientHttp2Session;

  constructor(address: string) {
    this.#session = connect(`http://${address}`);
  }

  /** Begins a call. */
  call(rpc: string, token: string): RawCall {
    return new RawCall(
      this.#session.request({
        ':method': 'POST',
        ':path': `/${rpc}`,
        'content-type': 'application/grpc',
        te: 'trailers',
        authorization: `Bearer ${token}`,
      }),
    );
  }

  [Symbol.dispose](): void {
    this.#session.destroy();
  }
}

/** One call: messages go in as bytes; what comes back is the status. */
export class RawCall {
  /** How the call ended. */
  readonly status: Promise<RichStatus>;
  readonly #stream: ClientHttp2Stream;

  constructor(stream: ClientHttp2Stream) {
    this.#stream = stream;
    this.status = new Promise((resolve, reject) => {
      const read = (headers: IncomingHttpHeaders) => {
        if (headers['grpc-status'] !== undefined) resolve(toStatus(headers));
      };
      // A call that fails at once has its status in the only headers.
      stream.on('response', read);
      stream.on('trailers', read);
      stream.on('error', reject);
      stream.on('close', () => reject(new Error('the stream was closed without a status')));
    });
    stream.resume();
  }

  /** Sends bytes as one message. */
  write(message: Uint8Array): this {
    const prefix = Buffer.alloc(5);
    prefix.writeUInt32BE(message.byteLength, 1);
    this.#stream.write(Buffer.concat([prefix, message]));
    return this;
  }

  end(): this {
    this.#stream.end();
    return this;
  }
}

function toStatus(headers: IncomingHttpHeaders): RichStatus {
  const metadata = new Metadata();
  const details = headers['grpc-status-details-bin'];
  if (typeof details === 'string') metadata.set('grpc-status-details-bin', Buffer.from(details, 'base64'));
  const message = decodeURIComponent(String(headers['grpc-message'] ?? ''));
  return readTrailers({ code: Number(headers['grpc-status']), details: message, metadata });
}
