import { checkLogs } from './checks/log-checks.ts';
import { checkPermissions } from './checks/permission-checks.ts';
import { checkReads } from './checks/read-checks.ts';
import { checkSends } from './checks/send-checks.ts';
import { checkStreams } from './checks/stream-checks.ts';
import type { History } from './history.ts';
import { Timeline } from './timeline.ts';

/**
 * What in a history can't be, whatever the order in which the server took what was under way at the same time. Each
 * complaint begins with the invariant that is broken:
 *
 * - I1 what was acknowledged is kept; I2 nothing is there that nobody sent; I3 each message once
 * - I4 one order, without a gap, for everybody; I5 what was acknowledged first stands first
 * - I6 only members read and write; I7 a stream resumes with all that its device lacks; I8 a recalled body is gone
 */
export function findViolations(history: History): string[] {
  const timeline = new Timeline(history);
  return [checkLogs, checkSends, checkPermissions, checkReads, checkStreams].flatMap((check) => check(timeline));
}
