import { sharedServices } from './shared-services.ts';

const EXIT_WITHIN_MS = 5_000;

/** Runs once after the tests, also after failed ones. */
export default async function globalTeardown(): Promise<void> {
  await sharedServices.disposeAsync();
  // What a test left open has failed it (see environment.ts); it must not keep jest from ending as well.
  setTimeout(() => process.exit(), EXIT_WITHIN_MS).unref();
}
