import { NAMED_ENTRY_COLUMNS, NAMED_ENTRY_JOINS, type NamedEntryRow, toNamedEntry } from './named-entries.ts';
import { READABLE_RANGES } from './readable-ranges.ts';
import type { Entry } from './seam/entry.ts';
import type { CandidatePage, CandidateQuery, SearchPlace } from './seam/search.ts';
import type { Parameter, Row, Sql } from './sql.ts';

const FIRST: SearchPlace = {
  createdAt: Number.MAX_SAFE_INTEGER,
  conversationId: Number.MAX_SAFE_INTEGER,
  seq: Number.MAX_SAFE_INTEGER,
};

/** A gram of which there are so many or more is as bad as any other to begin with. */
const MANY = 1_000;

/**
 * Messages that the user may read and that have all grams. The join begins with the rarest gram and looks the others up;
 * only what is the latest of it reads messages.
 */
export async function readCandidates(sql: Sql, userId: number, query: CandidateQuery): Promise<CandidatePage> {
  const { conversationId, limit, after = FIRST } = query;
  const readable = readableRanges(userId, conversationId);
  const [rarest, ...others] = await rarestFirst(sql, query.grams, readable);
  if (rarest === undefined) return { entries: [], next: null };
  const join = sql.dialect.orderedJoin;
  const alsoHas = others.map(
    (_gram, index) =>
      `${join} message_gram g${index} ON g${index}.conversation_id = g.conversation_id AND g${index}.gram = ? ` +
      `AND g${index}.seq = g.seq`,
  );
  const rows = await sql.query<NamedEntryRow>(
    `SELECT ${NAMED_ENTRY_COLUMNS}
     FROM (
       SELECT g.conversation_id, g.seq
       FROM (${readable.ranges}) r
       ${WITH_GRAM(join)}
       ${alsoHas.join(' ')}
       WHERE g.created_at < ? OR (
         g.created_at = ? AND (g.conversation_id < ? OR (g.conversation_id = ? AND g.seq < ?))
       )
       ORDER BY g.created_at DESC, g.conversation_id DESC, g.seq DESC LIMIT ?
     ) f
     ${join} message m ON m.conversation_id = f.conversation_id AND m.seq = f.seq
     ${NAMED_ENTRY_JOINS}`,
    [
      ...readable.parameters,
      rarest,
      ...others,
      ...[after.createdAt, after.createdAt, after.conversationId, after.conversationId, after.seq],
      limit,
    ],
  );
  const entries = rows.map(toNamedEntry).sort(latestFirst);
  return {
    entries: entries.filter(({ body }) => body.kind === 'content'),
    next: entries.length < limit ? null : placeOf(entries.at(-1)!),
  };
}

/** The rows of one gram within the ranges `r`. */
const WITH_GRAM = (join: string) =>
  `${join} message_gram g ON g.conversation_id = r.conversation_id AND g.gram = ? ` +
  'AND g.seq >= r.from_seq AND g.seq <= r.to_seq';

interface Readable {
  readonly ranges: string;
  readonly parameters: readonly Parameter[];
}

function readableRanges(userId: number, conversationId: number | undefined): Readable {
  if (conversationId === undefined) return { ranges: READABLE_RANGES, parameters: [userId, userId] };
  const ranges = `SELECT a.* FROM (${READABLE_RANGES}) a WHERE a.conversation_id = ?`;
  return { ranges, parameters: [userId, userId, conversationId] };
}

/** Counts what each gram would have to be joined for, up to where it makes no difference. */
async function rarestFirst(sql: Sql, grams: readonly number[], readable: Readable): Promise<number[]> {
  if (grams.length < 2) return [...grams];
  const withGram = `SELECT 1 FROM (${readable.ranges}) r ${WITH_GRAM(sql.dialect.orderedJoin)} LIMIT ${MANY}`;
  const counts = grams.map(() => `SELECT ? AS gram, (SELECT COUNT(*) FROM (${withGram}) x) AS found`);
  const rows = await sql.query<Row & { gram: number; found: number }>(
    counts.join(' UNION ALL '),
    grams.flatMap((gram) => [gram, ...readable.parameters, gram]),
  );
  return rows.sort((a, b) => a.found - b.found).map((row) => row.gram);
}

function placeOf({ createdAt, conversationId, seq }: Entry): SearchPlace {
  return { createdAt, conversationId, seq };
}

function latestFirst(a: Entry, b: Entry): number {
  return b.createdAt - a.createdAt || b.conversationId - a.conversationId || b.seq - a.seq;
}
