import { setTimeout as pause } from 'node:timers/promises';

import type { ResponseFrame } from '../e2e/protocol/frames.ts';
import type { RawChat } from '../e2e/protocol/raw-chat.ts';

/** What is delivered comes within milliseconds; the reconciler, which would heal a loss, within 5 s. */
export const PATIENCE_MS = 4_000;
const ASK_EVERY_MS = 5;

/**
 * Takes what a stream was told by the time the server has answered all that was said on it; again, until it has all that
 * it should have, or the time is over. Gives whether it has.
 */
export async function untilTold(
  chat: RawChat,
  take: (frames: readonly ResponseFrame[]) => void,
  hasAll: () => boolean,
  patienceMs: number,
): Promise<boolean> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    await chat.settled();
    take(chat.left());
    if (hasAll()) return true;
    if (performance.now() > deadline) return false;
    await pause(ASK_EVERY_MS);
  }
}
