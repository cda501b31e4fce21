import { connect, createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { makeTempFolder, removeTempFolder } from '../setup/temp-folder.ts';

/** Stands between a store and its MySQL on a unix socket, and breaks connections at a chosen moment. */
export class LossyProxy implements AsyncDisposable {
  readonly #folder: string;
  readonly #upstream: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #doomed: string | undefined;
  #refused: string | undefined;
  #afterwards: 'accept' | 'refuse' = 'accept';
  #refusing = false;
  /** How many answers were lost. */
  lost = 0;

  private constructor(folder: string, upstream: string) {
    this.#folder = folder;
    this.#upstream = upstream;
    this.#server = createServer((client) => this.#serve(client));
  }

  /** `url`: a database behind it. */
  static async before(url: string): Promise<{ proxy: LossyProxy; url: string }> {
    const behind = new URL(url);
    const folder = await makeTempFolder('proxy');
    const proxy = new LossyProxy(folder, behind.searchParams.get('socketPath')!);
    const socketPath = join(folder, 'proxy.sock');
    proxy.#server.listen(socketPath);
    await once(proxy.#server, 'listening');
    behind.searchParams.set('socketPath', socketPath);
    return { proxy, url: behind.href };
  }

  /**
   * The server carries out the next statement that contains `statement`, but its answer never arrives: the connection
   * breaks. Then new connections are accepted, or refused.
   */
  loseAnswerTo(statement: string, afterwards: 'accept' | 'refuse' = 'accept'): void {
    this.#doomed = statement;
    this.#afterwards = afterwards;
  }

  /** The next statement that contains `statement` never reaches the server: it is answered with an error. */
  refuse(statement: string): void {
    this.#refused = statement;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await removeTempFolder(this.#folder);
  }

  #serve(client: Socket): void {
    if (this.#refusing) {
      client.destroy();
      return;
    }
    const server = connect(this.#upstream);
    let losing = false;
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.once('close', () => {
        this.#sockets.delete(socket);
        client.destroy();
        server.destroy();
      });
    }
    client.on('data', (chunk: Buffer) => {
      if (this.#doomed !== undefined && chunk.includes(this.#doomed)) {
        losing = true;
        this.#doomed = undefined;
      }
      if (this.#refused !== undefined && chunk.includes(this.#refused)) {
        this.#refused = undefined;
        client.write(errorPacket(1105, 'refused by the proxy'));
        return;
      }
      server.write(chunk);
    });
    server.on('data', (chunk: Buffer) => {
      if (!losing) {
        client.write(chunk);
        return;
      }
      this.lost += 1;
      this.#refusing = this.#afterwards === 'refuse';
      client.destroy();
    });
  }
}

/** An ERR packet of MySQL's protocol, as the answer to a statement. */
function errorPacket(errno: number, message: string): Buffer {
  const payload = Buffer.concat([Buffer.from([0xff, errno & 0xff, errno >> 8]), Buffer.from(`#HY000${message}`)]);
  return Buffer.concat([Buffer.from([payload.length, 0, 0, 1]), payload]);
}
