/**
 * As Promise.all, but waits for all of them also when one fails: so nothing is still under way when the failure is dealt
 * with.
 *
 * @throws what the first one in the list that failed has thrown
 */
export async function settleAll<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  const results = await Promise.allSettled(promises);
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}
