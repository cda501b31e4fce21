import { setTimeout as delay } from 'node:timers/promises';
import { TestEnvironment } from 'jest-environment-node';

const GRACE_MS = 3_000;
const LOOK_EVERY_MS = 20;

/**
 * Node's environment, which fails a test file that leaves something open: a server, a socket, a child process or a
 * timer that would keep the process alive. What is closing has 3 s to get done. A timer is missed where the file runs
 * alone, in jest's own process: one of jest's may have ended meanwhile, and only their number is known.
 */
export default class StrictEnvironment extends TestEnvironment {
  #before = new Map<string, number>();

  override async setup(): Promise<void> {
    await super.setup();
    // They open their pipes on first use, which is no leak.
    void process.stdout;
    void process.stderr;
    this.#before = activeResources();
  }

  override async teardown(): Promise<void> {
    await super.teardown();
    const deadline = performance.now() + GRACE_MS;
    let left = this.#leftOpen();
    while (left.length > 0 && performance.now() < deadline) {
      await delay(LOOK_EVERY_MS, undefined, { ref: false });
      left = this.#leftOpen();
    }
    if (left.length === 0) return;
    throw new Error(
      `left open after the tests: ${left.join(', ')} (jest --detectOpenHandles tells where it was opened)`,
    );
  }

  #leftOpen(): string[] {
    return [...activeResources()]
      .map(([type, count]) => ({ type, more: count - (this.#before.get(type) ?? 0) }))
      .filter(({ more }) => more > 0)
      .map(({ type, more }) => (more === 1 ? type : `${more} × ${type}`));
  }
}

/** How many of each type keep the process alive. */
function activeResources(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const type of process.getActiveResourcesInfo()) counts.set(type, (counts.get(type) ?? 0) + 1);
  return counts;
}
