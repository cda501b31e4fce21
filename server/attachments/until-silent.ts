import type { Clock, Timer } from '../lib/clock.ts';

/** The same items; a source that gives none for so long counts as ended. */
export async function* untilSilent<T>(
  source: AsyncIterator<T>,
  clock: Clock,
  patienceMs: number,
): AsyncGenerator<T, void, undefined> {
  for (;;) {
    let timer: Timer | undefined;
    const silence = new Promise<undefined>((resolve) => {
      timer = clock.after(patienceMs, () => resolve(undefined));
    });
    const next = await Promise.race([source.next(), silence]).finally(() => timer?.cancel());
    if (next === undefined || next.done === true) return;
    yield next.value;
  }
}
