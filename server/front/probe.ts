/** `not-serving`: it answers that it wants no calls. `failed`: it answers nothing, or not in time. */
export type Verdict = 'serving' | 'not-serving' | 'failed';

/** Asks the replica at HOST:PORT for its health. Never throws, and answers within a second or little more. */
export type Probe = (address: string) => Promise<Verdict>;
