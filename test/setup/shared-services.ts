/** What the test run shares: filled by the global set-up, stopped by the global teardown. */
export const sharedServices = new AsyncDisposableStack();
