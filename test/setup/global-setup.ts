import { startMariadb } from './mariadb.ts';
import { ensurePackages } from './packages.ts';
import { startRedis } from './redis.ts';
import { sharedServices } from './shared-services.ts';

/**
 * Runs once before the tests: installs what is missing, then starts the MariaDB and the Redis that all of them share,
 * and names their sockets in PARLEY_TEST_MYSQL_SOCKET and PARLEY_TEST_REDIS_SOCKET.
 */
export default async function globalSetup(): Promise<void> {
  await ensurePackages();
  try {
    const mariadb = sharedServices.use(await startMariadb());
    const redis = sharedServices.use(await startRedis());
    process.env['PARLEY_TEST_MYSQL_SOCKET'] = mariadb.socket;
    process.env['PARLEY_TEST_REDIS_SOCKET'] = redis.socket;
  } catch (error) {
    // Jest runs no teardown after a failed set-up.
    await sharedServices.disposeAsync();
    throw error;
  }
}
