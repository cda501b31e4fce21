/** Random numbers from 0 to 1 that the same seed gives again (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Runs a test that chances play a part in; its failure tells the seed. PARLEY_TEST_SEED repeats one. */
export async function withSeed(run: (random: () => number) => Promise<void>): Promise<void> {
  const seed = Number(process.env['PARLEY_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  try {
    await run(seededRandom(seed));
  } catch (error) {
    throw new Error(`failed with PARLEY_TEST_SEED=${seed}`, { cause: error });
  }
}
