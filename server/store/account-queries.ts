import { accountState } from './codes.ts';
import { placeholders } from './dialect.ts';
import { User } from './entities/user.ts';
import type { Engine } from './engine.ts';
import type { AccountSettings, Credentials, UserRecord } from './seam/records.ts';
import type { AccountStore } from './seam/accounts.ts';
import { DELETING_RANGE } from './unclaimable-names.ts';
import { toUserRecord, USER_COLUMNS, type UserRow } from './user-rows.ts';

export class AccountQueries implements AccountStore {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  insert(user: Parameters<AccountStore['insert']>[0]): Promise<UserRecord> {
    return this.#engine.write(async ({ manager }) => {
      const row = { ...user, state: accountState.encode('active') };
      const { identifiers } = await manager.insert(User, row);
      return { id: Number(identifiers[0]!['id']), name: user.name, createdAt: user.createdAt, deleted: false };
    });
  }

  async byId(id: number): Promise<UserRecord | undefined> {
    const user = await this.#find({ id });
    return user && userRecord(user);
  }

  async byFoldedName(foldedName: string): Promise<UserRecord | undefined> {
    const user = await this.#find({ foldedName });
    return user && userRecord(user);
  }

  async credentials(by: { id: number } | { foldedName: string }): Promise<Credentials | undefined> {
    const user = await this.#find('id' in by ? { id: by.id } : { foldedName: by.foldedName });
    return user && { ...userRecord(user), passwordHash: user.passwordHash };
  }

  settings(userId: number): Promise<AccountSettings | undefined> {
    return this.#engine.read(async ({ manager }) => {
      const user = await manager.findOneBy(User, { id: userId });
      return user ? { presenceHidden: user.presenceHidden === 1 } : undefined;
    });
  }

  hiddenPresence(userIds: readonly number[]): Promise<Set<number>> {
    return this.#engine.read(async (sql) => {
      const rows = await sql.inChunks([...new Set(userIds)], 1, (ids) =>
        sql.query<{ id: number }>(
          `SELECT id FROM user WHERE id IN (${placeholders(ids.length)}) AND presence_hidden = 1`,
          ids,
        ),
      );
      return new Set(rows.map(({ id }) => id));
    });
  }

  deletionsUnderWay(limit: number): Promise<UserRecord[]> {
    return this.#engine.read(async (sql) => {
      const rows = await sql.query<UserRow>(
        `SELECT ${USER_COLUMNS} FROM user u WHERE u.folded_name >= ? AND u.folded_name < ? LIMIT ?`,
        [...DELETING_RANGE, limit],
      );
      return rows.map(toUserRecord);
    });
  }

  #find(where: { id: number } | { foldedName: string }): Promise<User | undefined> {
    return this.#engine.read(async ({ manager }) => (await manager.findOneBy(User, where)) ?? undefined);
  }
}

/** What the domain sees of a user. */
export function userRecord(user: User): UserRecord {
  const deleted = accountState.decode(user.state) !== 'active';
  return { id: Number(user.id), name: user.name, createdAt: user.createdAt, deleted };
}
