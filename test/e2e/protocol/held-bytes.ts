import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Buffers are freed beside the program: their memory counts until some rounds later. */
const ROUNDS = 20;

/** What this process still holds on to, the server and its clients together. */
export async function heldBytes(): Promise<number> {
  let held = Infinity;
  for (let round = 0; round < ROUNDS; round += 1) {
    collectGarbage();
    await setImmediate();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    held = Math.min(held, heapUsed + arrayBuffers);
  }
  return held;
}
