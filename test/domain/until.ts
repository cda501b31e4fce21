const TURNS = 20_000;

/** Lets the event loop turn until the condition holds, and fails where it never does. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < TURNS; turn += 1) {
    if (await condition()) return;
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  throw new Error(`still not so after ${TURNS} turns of the event loop: ${condition.toString()}`);
}
