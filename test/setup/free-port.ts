import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** The ports to choose from. They lie below the range that the system gives to outgoing connections. */
const LOWEST = 20_000;
const HIGHEST = 29_999;
const TRIES = 50;

/** A TCP port on 127.0.0.1 that nothing listens on, from 20000 to 29999. Chosen at random, so that workers differ. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const port = randomInt(LOWEST, HIGHEST + 1);
    if (await canListen(port)) return port;
  }
  throw new Error(`no free port found between ${LOWEST} and ${HIGHEST} in ${TRIES} tries`);
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(false);
      else reject(error);
    });
    probe.listen({ host: '127.0.0.1', port, exclusive: true }, () => probe.close(() => resolve(true)));
  });
}
