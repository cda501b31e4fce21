import type * as fc from 'fast-check';

/** What PARLEY_TEST_SEED, PARLEY_TEST_PATH and PARLEY_TEST_RUNS ask for. */
export interface Asked {
  readonly seed?: number;
  readonly path?: string;
  /** What fc.commands needs to take the same steps: after an `@` of the path. */
  readonly replayPath?: string;
  readonly numRuns: number;
}

/** What the environment asks for; where the seed is given, that. */
export function askedRuns({ runs, seed: given }: { readonly runs: number; readonly seed?: number }): Asked {
  if (given !== undefined) return { numRuns: runs, seed: given };
  const { PARLEY_TEST_SEED: seed, PARLEY_TEST_PATH: paths, PARLEY_TEST_RUNS: wanted } = process.env;
  const [path, replayPath] = paths?.split('@') ?? [];
  return {
    numRuns: Number(wanted ?? runs),
    ...(seed !== undefined && { seed: Number(seed) }),
    ...(path !== undefined && { path }),
    ...(replayPath !== undefined && { replayPath }),
  };
}

/** How to see a failure again. */
export function againBy({ seed, counterexamplePath }: Failed, replayPath?: string): string {
  const path = replayPath === undefined ? counterexamplePath : `${counterexamplePath}@${replayPath}`;
  return `again: PARLEY_TEST_SEED=${seed} PARLEY_TEST_PATH=${path}`;
}

type Failed = Pick<fc.RunDetails<unknown>, 'seed' | 'counterexamplePath'>;
