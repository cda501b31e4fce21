import type { LoadUser } from './load-user.ts';
import { entryKey } from './received-log.ts';

/** Of each kind of complaint, so many are told. */
const TOLD = 20;

export interface LoadVerdict {
  readonly sent: number;
  readonly acknowledged: number;
  /** Entries that came to a recipient more than once: allowed, and dropped by their seq. */
  readonly redelivered: number;
  /** Acknowledged messages that a recipient has not got. */
  readonly lost: readonly string[];
  /** Messages that stand in the log twice, or were given under another name than the one acknowledged. */
  readonly doubled: readonly string[];
  /** Streams that gave something in the wrong order, or passed over it. */
  readonly outOfOrder: readonly string[];
  /** What users were refused for good. */
  readonly failures: readonly string[];
  /** Whether everything sent is acknowledged, and nothing is lost. */
  readonly isComplete: boolean;
}

/**
 * Compares what senders were told with what recipients were given.
 *
 * @param recipientsOf who is to get a message, by its client's id
 */
export function judgeLoad(
  users: readonly LoadUser[],
  recipientsOf: (clientMessageId: string) => readonly LoadUser[],
): LoadVerdict {
  const names = new Map<string, string>();
  const lost: string[] = [];
  const doubled: string[] = [];
  const told = (id: string, key: string): void => {
    const known = names.get(id);
    if (known === undefined) names.set(id, key);
    else if (known !== key) doubled.push(`${id} is ${known} and ${key}`);
  };
  for (const { queue } of users) {
    for (const [id, receipt] of queue.acknowledged) told(id, entryKey(receipt));
  }
  for (const { log } of users) for (const [key, id] of log.received) if (id !== '') told(id, key);

  for (const { queue } of users) {
    for (const [id, receipt] of queue.acknowledged) {
      const key = entryKey(receipt);
      for (const { log, login } of recipientsOf(id)) {
        if (log.received.get(key) !== id) lost.push(`${key} (${id}) to user ${login.userId}`);
      }
    }
  }
  const acknowledged = users.reduce((sum, { queue }) => sum + queue.acknowledged.size, 0);
  const sent = users.reduce((sum, { queue }) => sum + queue.attempted.length, 0);
  return {
    sent,
    acknowledged,
    redelivered: users.reduce((sum, { log }) => sum + log.repeated, 0),
    lost: lost.slice(0, TOLD),
    doubled: doubled.slice(0, TOLD),
    outOfOrder: users.flatMap(({ log, queue }) => log.complaints(ownKeys(queue))).slice(0, TOLD),
    failures: users.flatMap(({ failures }) => failures).slice(0, TOLD),
    isComplete: lost.length === 0 && acknowledged === sent,
  };
}

function ownKeys({ acknowledged }: LoadUser['queue']): Set<string> {
  return new Set([...acknowledged.values()].map(entryKey));
}
