const FIRST_MS = 50;
const LONGEST_MS = 1_000;

/**
 * How long to wait before the attempt `attempt` (1, 2, 3 …) to connect: at most a second, so that Redis is soon used
 * again, and at random in the upper half of that, so that replicas don't come all at once.
 */
export function retryDelayMs(attempt: number): number {
  const longestMs = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.max(0, attempt - 1));
  return longestMs * (0.5 + Math.random() / 2);
}
