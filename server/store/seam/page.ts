/** A page by id: what comes after `afterId` (0: from the start), ascending, at most `limit`. */
export interface PageById {
  readonly afterId: number;
  readonly limit: number;
}
