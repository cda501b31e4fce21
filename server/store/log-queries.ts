import { readActivity } from './activity.ts';
import { conversationKind } from './codes.ts';
import { directKey, type FactsRow, toFacts } from './conversation-facts.ts';
import { placeholders } from './dialect.ts';
import type { Engine } from './engine.ts';
import { readEntries } from './entry-page.ts';
import { type HeadRow, toHead } from './head-rows.ts';
import { countReactions } from './reaction-rows.ts';
import type { Entry } from './seam/entry.ts';
import type { ConversationFacts, ConversationHead, ConversationSummary, Period, Standing } from './seam/records.ts';
import { readStanding, readStandings } from './standings.ts';
import { DuplicateKey } from './seam/failures.ts';
import type {
  Activity,
  EntryKey,
  From,
  LogStore,
  ReactionCount,
  ReadLimits,
  VisiblePage,
  VisibleReadLimits,
} from './seam/log.ts';
import { readSummaries } from './summaries.ts';
import { readVisibleEntries } from './visible-entries.ts';

const FACTS = 'SELECT id, direct_key, group_id FROM conversation';

const AUDIENCE = `
  SELECT c.members_version, c.id, c.direct_key, c.group_id, p.user_id, p.joined_seq, p.left_seq
  FROM conversation c
  LEFT JOIN group_user p ON p.group_id = c.group_id AND (p.left_seq IS NULL OR p.left_seq > ?)
  WHERE c.id = ?`;

/** A user may have thousands: a read of all would hold up everybody else. */
const CONVERSATIONS_PER_READ = 200;

interface AudienceRow extends FactsRow {
  readonly members_version: number;
  readonly user_id: number | null;
  readonly joined_seq: number;
  readonly left_seq: number | null;
}

export class LogQueries implements LogStore {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  facts(conversationId: number): Promise<ConversationFacts | undefined> {
    return this.#facts('id', conversationId);
  }

  direct(userA: number, userB: number): Promise<ConversationFacts | undefined> {
    return this.#facts('direct_key', directKey(userA, userB));
  }

  ofGroup(groupId: number): Promise<ConversationFacts | undefined> {
    return this.#facts('group_id', groupId);
  }

  async ensureDirect(userA: number, userB: number): Promise<ConversationFacts> {
    // Looked up first: a refused insert uses up an id.
    const known = await this.direct(userA, userB);
    if (known) return known;
    try {
      return await this.#insertDirect(userA, userB);
    } catch (error) {
      if (!(error instanceof DuplicateKey)) throw error;
      const theirs = await this.direct(userA, userB);
      if (!theirs) throw error;
      return theirs;
    }
  }

  async heads(conversationIds: readonly number[]): Promise<ConversationHead[]> {
    const heads: ConversationHead[] = [];
    for (let start = 0; start < conversationIds.length; start += CONVERSATIONS_PER_READ) {
      const ids = conversationIds.slice(start, start + CONVERSATIONS_PER_READ);
      const statement = `SELECT id, last_seq, last_ordinal, members_version FROM conversation WHERE id IN (${placeholders(ids.length)})`;
      const rows = await this.#engine.read((sql) => sql.query<HeadRow>(statement, ids));
      heads.push(...rows.map(toHead));
    }
    return heads;
  }

  activeSince(since: number | null): Promise<Activity> {
    return readActivity(this.#engine, since);
  }

  audience(conversationId: number, afterSeq: number): Promise<{ membersVersion: number; periods: Period[] }> {
    return this.#engine.read(async (sql) => {
      const rows = await sql.query<AudienceRow>(AUDIENCE, [afterSeq, conversationId]);
      if (rows[0] === undefined) return { membersVersion: 0, periods: [] };
      const facts = toFacts(rows[0]);
      const periods =
        facts.kind === 'direct'
          ? facts.users.map((userId) => ({ userId, joinedSeq: 1, leftSeq: null }))
          : rows.flatMap(({ user_id: userId, joined_seq: joinedSeq, left_seq: leftSeq }) =>
              userId === null ? [] : [{ userId, joinedSeq, leftSeq }],
            );
      return { membersVersion: rows[0].members_version, periods };
    });
  }

  read(conversationId: number, afterSeq: number, { limit, maxBytes }: ReadLimits): Promise<Entry[]> {
    const range = { conversationId, fromSeq: afterSeq + 1, toSeq: Number.MAX_SAFE_INTEGER, limit, maxBytes };
    return this.#engine.read(async (sql) => (await readEntries(sql, { ...range, direction: 'forward' })).entries);
  }

  readVisible(userId: number, conversationId: number, from: From, limits: VisibleReadLimits): Promise<VisiblePage> {
    return this.#engine.read((sql) => readVisibleEntries(sql, userId, conversationId, from, limits));
  }

  reactionsTo(userId: number, messages: readonly EntryKey[]): Promise<ReactionCount[]> {
    return this.#engine.read((sql) => countReactions(sql, userId, messages));
  }

  async standings(userId: number): Promise<Standing[]> {
    const standings: Standing[] = [];
    for (let after = 0; ;) {
      const page = await this.#engine.read((sql) => readStandings(sql, userId, after, CONVERSATIONS_PER_READ));
      standings.push(...page);
      const last = page.at(-1);
      if (last === undefined || page.length < CONVERSATIONS_PER_READ) return standings;
      after = last.facts.id;
    }
  }

  standing(userId: number, conversationId: number): Promise<Standing | undefined> {
    return this.#engine.read((sql) => readStanding(sql, userId, conversationId));
  }

  summaries(userId: number, page: Parameters<LogStore['summaries']>[1]): Promise<ConversationSummary[]> {
    return this.#engine.read((sql) => readSummaries(sql, userId, page));
  }

  #facts(column: 'id' | 'direct_key' | 'group_id', value: number | string): Promise<ConversationFacts | undefined> {
    return this.#engine.read(async (sql) => {
      const [row] = await sql.query<FactsRow>(`${FACTS} WHERE ${column} = ?`, [value]);
      return row && toFacts(row);
    });
  }

  /** Repeatable: a repeat after a lost commit is refused by the unique key, and then found. */
  #insertDirect(userA: number, userB: number): Promise<ConversationFacts> {
    return this.#engine.write(
      async (sql) => {
        const key = directKey(userA, userB);
        const insert = 'INSERT INTO conversation (kind, direct_key) VALUES (?, ?)';
        const { insertId } = await sql.run(insert, [conversationKind.encode('direct'), key]);
        for (const userId of new Set([userA, userB])) {
          await sql.run(
            'INSERT INTO offline_message (user_id, conversation_id, delivered_seq, read_seq) VALUES (?, ?, 0, 0)',
            [userId, insertId],
          );
        }
        return toFacts({ id: insertId, direct_key: key, group_id: null });
      },
      { repeatable: true },
    );
  }
}
