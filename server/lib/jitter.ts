/** `ms`, or up to a tenth more or less: what began together doesn't go on in step. `random`: from 0 to 1. */
export function jittered(ms: number, random = Math.random()): number {
  return ms * (0.9 + 0.2 * random);
}
