import { AccountQueries } from './account-queries.ts';
import { AttachmentQueries } from './attachment-queries.ts';
import { CursorQueries } from './cursor-queries.ts';
import { Deployment } from './entities/deployment.ts';
import type { Engine } from './engine.ts';
import { FriendQueries } from './friend-queries.ts';
import { GroupQueries } from './group-queries.ts';
import { LogQueries } from './log-queries.ts';
import { PresenceQueries } from './presence-queries.ts';
import { SearchQueries } from './search-queries.ts';
import { SessionQueries } from './session-queries.ts';
import type { Store } from './seam/store.ts';
import type { Transaction } from './seam/transaction.ts';
import { SqlTransaction } from './sql-transaction.ts';

/** The store on either engine. */
export class SqlStore implements Store {
  readonly engine: Store['engine'];
  readonly accounts: Store['accounts'];
  readonly sessions: Store['sessions'];
  readonly friends: Store['friends'];
  readonly groups: Store['groups'];
  readonly log: Store['log'];
  readonly attachments: Store['attachments'];
  readonly cursors: Store['cursors'];
  readonly presence: Store['presence'];
  readonly search: Store['search'];
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.engine = engine.name;
    this.accounts = new AccountQueries(engine);
    this.sessions = new SessionQueries(engine);
    this.friends = new FriendQueries(engine);
    this.groups = new GroupQueries(engine);
    this.log = new LogQueries(engine);
    this.attachments = new AttachmentQueries(engine);
    this.cursors = new CursorQueries(engine);
    this.presence = new PresenceQueries(engine);
    this.search = new SearchQueries(engine);
  }

  logEpoch(): Promise<string> {
    return this.#engine.read(async ({ manager }) => {
      const epoch = await manager.findOneByOrFail(Deployment, { name: 'log_epoch' });
      return epoch.value;
    });
  }

  async ping(): Promise<void> {
    await this.#engine.read((sql) => sql.query('SELECT 1'));
  }

  transact<T>(work: (tx: Transaction) => Promise<T>, options?: { readonly repeatable?: boolean }): Promise<T> {
    return this.#engine.write((sql) => work(new SqlTransaction(sql)), options);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#engine.close();
  }
}
