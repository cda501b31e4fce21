import { LessThan, MoreThan } from 'typeorm';
import { userRecord } from './account-queries.ts';
import { lockAccount } from './account-writes.ts';
import { placeholders } from './dialect.ts';
import { Session } from './entities/session.ts';
import type { Engine } from './engine.ts';
import type { SessionRecord } from './seam/records.ts';
import type { NewSession, SessionStore } from './seam/accounts.ts';
import { raiseRows } from './update-rows.ts';
import { toUserRecord, USER_COLUMNS, type UserRow } from './user-rows.ts';

const CURRENT = `
  SELECT s.id AS session_id, ${USER_COLUMNS} FROM session s JOIN user u ON u.id = s.user_id WHERE s.id IN`;

export class SessionQueries implements SessionStore {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  insert(session: NewSession): Promise<SessionRecord | undefined> {
    const { userId, passwordHash, deviceName, createdAt, expiresAt } = session;
    const times = { createdAt, lastUsedAt: createdAt, expiresAt };
    return this.#engine.write(async (sql) => {
      if ((await lockAccount(sql, userId))?.passwordHash !== passwordHash) return undefined;
      const tokenHash = Buffer.from(session.tokenHash);
      const { identifiers } = await sql.manager.insert(Session, { tokenHash, userId, deviceName, ...times });
      return { id: Number(identifiers[0]!['id']), userId, deviceName, ...times };
    });
  }

  find(tokenHash: Uint8Array): ReturnType<SessionStore['find']> {
    return this.#engine.read(async ({ manager }) => {
      const where = { tokenHash: Buffer.from(tokenHash) };
      const session = await manager.findOne(Session, { where, relations: { user: true } });
      return session ? { session: sessionRecord(session), user: userRecord(session.user) } : undefined;
    });
  }

  current(ids: readonly number[]): ReturnType<SessionStore['current']> {
    return this.#engine.read(async (sql) => {
      const rows = await sql.inChunks(ids, 1, (chunk) =>
        sql.query<UserRow & { session_id: number }>(`${CURRENT} (${placeholders(chunk.length)})`, chunk),
      );
      return rows.map((row) => ({ id: row.session_id, user: toUserRecord(row) }));
    });
  }

  list(...[userId, now, { beforeId, limit }]: Parameters<SessionStore['list']>): Promise<SessionRecord[]> {
    return this.#engine.read(async ({ manager }) => {
      const where = { userId, expiresAt: MoreThan(now), id: LessThan(beforeId) };
      return (await manager.find(Session, { where, order: { id: 'DESC' }, take: limit })).map(sessionRecord);
    });
  }

  touch(uses: Parameters<SessionStore['touch']>[0]): Promise<void> {
    return this.#engine.write(
      (sql) =>
        raiseRows(sql, {
          table: 'session',
          keys: ['id'],
          values: ['last_used_at', 'expires_at'],
          tuples: uses.map((use) => [use.id, use.lastUsedAt, use.expiresAt]),
        }),
      { repeatable: true },
    );
  }

  delete(userId: number, id: number): Promise<boolean> {
    return this.#engine.write(async (sql) => {
      const { affected } = await sql.run('DELETE FROM session WHERE id = ? AND user_id = ?', [id, userId]);
      return affected > 0;
    });
  }

  deleteExpired(now: number): Promise<number> {
    return this.#engine.write(
      async ({ manager }) => (await manager.delete(Session, { expiresAt: LessThan(now) })).affected ?? 0,
    );
  }
}

function sessionRecord(session: Session): SessionRecord {
  return {
    id: Number(session.id),
    userId: session.userId,
    deviceName: session.deviceName,
    createdAt: session.createdAt,
    lastUsedAt: session.lastUsedAt,
    expiresAt: session.expiresAt,
  };
}
