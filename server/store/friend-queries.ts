import { friendStatus } from './codes.ts';
import type { Engine } from './engine.ts';
import { friendRowsBetween } from './friend-rows.ts';
import type { FriendStore } from './seam/friends.ts';
import type { PageById } from './seam/page.ts';
import type { FriendStatus, UserRecord } from './seam/records.ts';
import { toUserRecord, USER_COLUMNS, type UserRow } from './user-rows.ts';

interface FriendshipRow extends UserRow {
  readonly outgoing: number;
  readonly since: number;
}

const LIST = `
  SELECT ${USER_COLUMNS}, f.created_at AS since
  FROM friend f JOIN user u ON u.id = f.friend_id
  WHERE f.user_id = ? AND f.status = ? AND f.friend_id > ?
  ORDER BY f.friend_id LIMIT ?`;

const REQUESTS = `
  SELECT ${USER_COLUMNS}, r.outgoing, r.since
  FROM (
    SELECT f.friend_id AS other_id, 1 AS outgoing, f.created_at AS since
    FROM friend f WHERE f.user_id = ? AND f.status = ? AND f.created_at > ? AND f.friend_id > ?
    UNION ALL
    SELECT f.user_id, 0, f.created_at
    FROM friend f
    WHERE f.friend_id = ? AND f.status = ? AND f.created_at > ? AND f.user_id > ?
      AND NOT EXISTS (
        SELECT 1 FROM friend b WHERE b.user_id = f.friend_id AND b.friend_id = f.user_id AND b.status = ?
      )
  ) r JOIN user u ON u.id = r.other_id
  ORDER BY u.id, r.outgoing LIMIT ?`;

export class FriendQueries implements FriendStore {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  list(userId: number, page: PageById): ReturnType<FriendStore['list']> {
    return this.#listed(userId, 'accepted', page);
  }

  ids(userId: number): Promise<number[]> {
    return this.#engine.read(async (sql) => {
      const rows = await sql.query<{ friend_id: number }>(
        'SELECT friend_id FROM friend WHERE user_id = ? AND status = ? ORDER BY friend_id',
        [userId, friendStatus.encode('accepted')],
      );
      return rows.map((row) => row.friend_id);
    });
  }

  blockedAmong(pairs: readonly (readonly [number, number])[]): Promise<Set<string>> {
    return this.#engine.read(async (sql) => {
      const blocks = (await friendRowsBetween(sql, pairs)).filter(({ status }) => status === 'blocked');
      return new Set(blocks.map(({ userId: a, friendId: b }) => `${Math.min(a, b)}:${Math.max(a, b)}`));
    });
  }

  requests(userId: number, since: number, page: PageById): ReturnType<FriendStore['requests']> {
    const open = [userId, friendStatus.encode('requested'), since, page.afterId];
    return this.#engine.read(async (sql) => {
      const parameters = [...open, ...open, friendStatus.encode('blocked'), page.limit];
      const rows = await sql.query<FriendshipRow>(REQUESTS, parameters);
      return rows.map((row) => ({
        user: toUserRecord(row),
        outgoing: row.outgoing === 1,
        createdAt: row.since,
      }));
    });
  }

  blocked(userId: number, page: PageById): ReturnType<FriendStore['blocked']> {
    return this.#listed(userId, 'blocked', page);
  }

  deleteRequests(until: number): Promise<number> {
    return this.#engine.write(async (sql) => {
      const parameters = [friendStatus.encode('requested'), until];
      return (await sql.run('DELETE FROM friend WHERE status = ? AND created_at <= ?', parameters)).affected;
    });
  }

  #listed(userId: number, status: FriendStatus, page: PageById): Promise<{ user: UserRecord; since: number }[]> {
    return this.#engine.read(async (sql) => {
      const parameters = [userId, friendStatus.encode(status), page.afterId, page.limit];
      const rows = await sql.query<FriendshipRow>(LIST, parameters);
      return rows.map((row) => ({ user: toUserRecord(row), since: row.since }));
    });
  }
}
