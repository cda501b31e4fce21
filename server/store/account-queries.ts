import { accountState } from './codes.ts';
import { User } from './entities/user.ts';
import type { Engine } from './engine.ts';
import type { Credentials, UserRecord } from './seam/records.ts';
import type { AccountStore } from './seam/accounts.ts';

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

  #find(where: { id: number } | { foldedName: string }): Promise<User | undefined> {
    return this.#engine.read(async ({ manager }) => (await manager.findOneBy(User, where)) ?? undefined);
  }
}

/** What the domain sees of a user. */
export function userRecord(user: User): UserRecord {
  const deleted = accountState.decode(user.state) !== 'active';
  return { id: Number(user.id), name: user.name, createdAt: user.createdAt, deleted };
}
