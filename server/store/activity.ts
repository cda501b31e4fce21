import { type FactsRow, toFacts } from './conversation-facts.ts';
import type { Engine } from './engine.ts';
import type { Activity, ConversationEnd, MembershipChange } from './seam/log.ts';
import type { Parameter, Row, Sql } from './sql.ts';

const MOMENT = (now: string) => `SELECT ${now} AS database_now, value FROM deployment WHERE name = 'log_epoch'`;

const CONVERSATIONS = `
  SELECT c.id, c.direct_key, c.group_id, c.last_seq, c.last_activity
  FROM conversation c
  WHERE c.last_activity >= ? AND (c.last_activity > ? OR c.id > ?)
  ORDER BY c.last_activity, c.id LIMIT ?`;

/** The first condition is the one that an index serves: a comparison of rows is none to MySQL. */
const MEMBERSHIPS = (join: string) => `
  SELECT c.id, p.group_id, p.user_id, p.joined_seq, p.left_seq, p.changed_at
  FROM group_user p ${join} conversation c ON c.group_id = p.group_id
  WHERE p.changed_at >= ? AND (p.changed_at, p.group_id, p.user_id, p.joined_seq) > (?, ?, ?, ?)
  ORDER BY p.changed_at, p.group_id, p.user_id, p.joined_seq LIMIT ?`;

/** Enough for most passes; a read of all at once would hold up everybody else where they are many. */
const ROWS_PER_READ = 500;

type ConversationRow = FactsRow & { readonly last_seq: number; readonly last_activity: number };

interface MembershipRow extends Row {
  readonly id: number;
  readonly group_id: number;
  readonly user_id: number;
  readonly joined_seq: number;
  readonly left_seq: number | null;
  readonly changed_at: number;
}

/** What LogStore.activeSince gives. */
export async function readActivity(engine: Engine, since: number | null): Promise<Activity> {
  // Before the rows: what commits after it is found the next time, too.
  const moment = await engine.read(async (sql) => {
    const [row] = await sql.query<{ database_now: number; value: string }>(MOMENT(sql.dialect.nowMs));
    return { databaseNow: row!.database_now, logEpoch: row!.value };
  });
  if (since === null) return { ...moment, conversations: [], memberships: [] };
  const conversations = await inPages<ConversationRow>(engine, {
    query: () => CONVERSATIONS,
    first: [since, since, 0],
    after: (row) => [row.last_activity, row.last_activity, row.id],
  });
  const memberships = await inPages<MembershipRow>(engine, {
    query: (sql) => MEMBERSHIPS(sql.dialect.orderedJoin),
    first: [since, since, 0, 0, 0],
    after: (row) => [row.changed_at, row.changed_at, row.group_id, row.user_id, row.joined_seq],
  });
  return {
    ...moment,
    conversations: conversations.map((row): ConversationEnd => ({ facts: toFacts(row), lastSeq: row.last_seq })),
    memberships: memberships.map((row): MembershipChange => ({
      conversationId: row.id,
      userId: row.user_id,
      leftSeq: row.left_seq,
    })),
  };
}

/** Rows in the order of a key that only grows: what moves on meanwhile is found again further on. */
async function inPages<R extends Row>(
  engine: Engine,
  page: {
    query(sql: Sql): string;
    readonly first: readonly Parameter[];
    after(row: R): readonly Parameter[];
  },
): Promise<R[]> {
  const rows: R[] = [];
  for (let from = page.first; ;) {
    const read = await engine.read((sql) => sql.query<R>(page.query(sql), [...from, ROWS_PER_READ]));
    rows.push(...read);
    const last = read.at(-1);
    if (last === undefined || read.length < ROWS_PER_READ) return rows;
    from = page.after(last);
  }
}
