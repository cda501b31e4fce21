import { type FactsRow, toFacts } from './conversation-facts.ts';
import { type EntryRange, readEntries } from './entry-page.ts';
import type { Entry } from './seam/entry.ts';
import type { From, VisiblePage, VisibleReadLimits } from './seam/log.ts';
import type { Sql } from './sql.ts';

/** Entries from one seq to another, both included. */
interface SeqRange {
  readonly fromSeq: number;
  readonly toSeq: number;
}

interface StandingRow extends FactsRow {
  readonly history_visible: number | null;
  readonly joined_seq: number | null;
  readonly left_seq: number | null;
}

const STANDING = `
  SELECT c.id, c.direct_key, c.group_id, g.history_visible, p.joined_seq, p.left_seq
  FROM conversation c
  LEFT JOIN all_group g ON g.id = c.group_id
  LEFT JOIN group_user p ON p.group_id = c.group_id AND p.user_id = ?
  WHERE c.id = ?`;

const WITHIN_PERIOD = `
  EXISTS (
    SELECT 1 FROM group_user p
    WHERE p.group_id = ? AND p.user_id = ? AND p.joined_seq <= m.seq AND (p.left_seq IS NULL OR p.left_seq >= m.seq)
  )`;

const WITHIN_VISIBLE_HISTORY = `
  EXISTS (
    SELECT 1 FROM group_user p JOIN all_group g ON g.id = p.group_id
    WHERE p.group_id = ? AND p.user_id = ? AND p.left_seq IS NULL AND g.history_visible = 1
  )`;

const NOTHING: VisiblePage = { entries: [], cut: false, open: false, known: false };
const EVERYTHING: SeqRange = { fromSeq: 1, toSeq: Number.MAX_SAFE_INTEGER };

/**
 * Reads what a user may read. Their periods are read first, so that the log is searched only where something is
 * visible (a scan over a long absence could not end in time); the statement that reads the entries judges again.
 */
export async function readVisibleEntries(
  sql: Sql,
  userId: number,
  conversationId: number,
  from: From,
  limits: VisibleReadLimits,
): Promise<VisiblePage> {
  const rows = await sql.query<StandingRow>(STANDING, [userId, conversationId]);
  if (rows[0] === undefined) return NOTHING;
  const facts = toFacts(rows[0]);
  const asked = askedRange(conversationId, from, limits);
  if (facts.kind === 'direct') {
    if (!facts.users.includes(userId)) return NOTHING;
    const { entries, cut } = await readEntries(sql, asked);
    return { entries, cut, open: true, known: true };
  }

  const periods = rows.filter((row) => row.joined_seq !== null);
  const open = periods.some((period) => period.left_seq === null);
  const earlier = open && limits.includeEarlier === true && rows[0].history_visible === 1;
  const guard = earlier
    ? {
        condition: `${WITHIN_PERIOD} OR ${WITHIN_VISIBLE_HISTORY}`,
        parameters: [facts.groupId, userId, facts.groupId, userId],
      }
    : { condition: WITHIN_PERIOD, parameters: [facts.groupId, userId] };
  const ranges = earlier ? [EVERYTHING] : periods.map(periodRange);
  return { ...(await readRanges(sql, { ...asked, guard }, ranges)), open, known: periods.length > 0 };
}

/** One entry, if the user may read it. */
export async function readVisibleEntry(
  sql: Sql,
  userId: number,
  conversationId: number,
  seq: number,
): Promise<Entry | undefined> {
  const limits = { limit: 1, maxBytes: 1, includeEarlier: true };
  const { entries } = await readVisibleEntries(sql, userId, conversationId, { afterSeq: seq - 1 }, limits);
  return entries.find((entry) => entry.seq === seq);
}

function askedRange(conversationId: number, from: From, { limit, maxBytes }: VisibleReadLimits): EntryRange {
  const base = { conversationId, limit, maxBytes, ...EVERYTHING };
  if ('afterSeq' in from) return { ...base, fromSeq: from.afterSeq + 1, direction: 'forward' };
  return { ...base, toSeq: from.beforeSeq - 1, direction: 'backward' };
}

function periodRange(row: StandingRow): SeqRange {
  return { fromSeq: row.joined_seq!, toSeq: row.left_seq ?? EVERYTHING.toSeq };
}

/** Reads visible ranges one after the other, nearest first, until the limits are reached. */
async function readRanges(
  sql: Sql,
  asked: EntryRange,
  ranges: readonly SeqRange[],
): Promise<Pick<VisiblePage, 'entries' | 'cut'>> {
  const sign = asked.direction === 'forward' ? 1 : -1;
  const nearestFirst = ranges.toSorted((a, b) => sign * (a.fromSeq - b.fromSeq));
  const entries: Entry[] = [];
  let { limit, maxBytes } = asked;
  let cut = false;
  for (const range of nearestFirst) {
    const fromSeq = Math.max(asked.fromSeq, range.fromSeq);
    const toSeq = Math.min(asked.toSeq, range.toSeq);
    if (fromSeq > toSeq) continue;
    const page = await readEntries(sql, { ...asked, fromSeq, toSeq, limit, maxBytes });
    entries.push(...page.entries);
    limit -= page.entries.length;
    maxBytes -= page.bytes;
    cut = page.cut;
    if (cut) break;
  }
  return { entries: entries.sort((a, b) => a.seq - b.seq), cut };
}
