import type { MysqlFlavour } from './mysql-server.ts';

/** What a connection is for: the store's own work has limits that a migration could not keep. */
export type SessionUse = 'serving' | 'migrating';

const SETTINGS = {
  autocommit: '1',
  time_zone: "'+00:00'",
  // Set, not added to: NO_BACKSLASH_ESCAPES or ANSI_QUOTES would undo the driver's quoting.
  sql_mode: "'STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'",
};

const ISOLATION: Record<MysqlFlavour, Record<string, string>> = {
  mariadb: { tx_isolation: "'READ-COMMITTED'" },
  mysql: { transaction_isolation: "'READ-COMMITTED'" },
};

/**
 * A replica that stops in the middle of a transaction must not hold its locks for ever: the server ends what stays
 * idle or runs for 5 s. MySQL has no limit on idle transactions.
 */
const LIMITS: Record<SessionUse, Record<MysqlFlavour, Record<string, string>>> = {
  serving: {
    mariadb: { innodb_lock_wait_timeout: '1', idle_transaction_timeout: '5', max_statement_time: '5' },
    mysql: { innodb_lock_wait_timeout: '1', max_execution_time: '5000' },
  },
  migrating: { mariadb: { lock_wait_timeout: '60' }, mysql: { lock_wait_timeout: '60' } },
};

/** The statement that a new connection begins with. */
export function sessionSettings(flavour: MysqlFlavour, use: SessionUse): string {
  const settings = { ...SETTINGS, ...ISOLATION[flavour], ...LIMITS[use][flavour] };
  const assignments = Object.entries(settings).map(([name, value]) => `SESSION ${name} = ${value}`);
  return `SET ${assignments.join(', ')}`;
}
