import { createServer, type IncomingHttpHeaders, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';

import { freePort } from '../setup/free-port.ts';

/** A HealthCheckResponse with status 1, in the frame of a message. */
const SERVING = Buffer.from([0, 0, 0, 0, 2, 0x08, 1]);

export type Answer = (stream: ServerHttp2Stream) => void;

/** A replica that answers as a test wants it, and keeps what it was sent. */
export interface Http2Backend extends AsyncDisposable {
  readonly address: string;
  answer: Answer;
  /** Of each call, in order. */
  readonly headers: readonly IncomingHttpHeaders[];
}

/** OK, without a message. */
export const answerOk: Answer = (stream) =>
  stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '0' }, { endStream: true });

/** SERVING, as a replica answers a health check. */
export const answerServing: Answer = (stream) => {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  stream.end(SERVING);
};

/** Leaves the call open for ever. */
export const answerNothing: Answer = () => undefined;

/** Takes the call and dies of it. */
export const cutConnection: Answer = (stream) => stream.session?.destroy();

export async function startHttp2Backend(answer: Answer): Promise<Http2Backend> {
  const port = await freePort();
  const headers: IncomingHttpHeaders[] = [];
  const sessions = new Set<ServerHttp2Session>();
  const server = createServer();
  const backend: Http2Backend = {
    address: `127.0.0.1:${port}`,
    answer,
    headers,
    async [Symbol.asyncDispose]() {
      for (const session of sessions) session.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  server.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
    session.on('error', () => undefined);
  });
  server.on('stream', (stream, received) => {
    headers.push(received);
    stream.on('error', () => undefined);
    stream.resume();
    backend.answer(stream);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return backend;
}
