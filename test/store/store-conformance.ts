import { afterAll, beforeAll, describe } from '@jest/globals';
import type { Store } from '../../server/store/seam/store.ts';
import { accountConformance } from './account-conformance.ts';
import { activityConformance } from './activity-conformance.ts';
import { attachmentConformance } from './attachment-conformance.ts';
import { changeConformance } from './change-conformance.ts';
import { cursorConformance } from './cursor-conformance.ts';
import { friendConformance } from './friend-conformance.ts';
import { groupChangeConformance } from './group-change-conformance.ts';
import { groupConformance } from './group-conformance.ts';
import { lockConformance } from './lock-conformance.ts';
import { logConformance } from './log-conformance.ts';
import { presenceConformance } from './presence-conformance.ts';
import { searchConformance } from './search-conformance.ts';
import { transactionConformance } from './transaction-conformance.ts';
import { visibilityConformance } from './visibility-conformance.ts';
import { World } from './world.ts';

const PARTS = {
  accounts: accountConformance,
  friends: friendConformance,
  groups: groupConformance,
  'changes of groups': groupChangeConformance,
  log: logConformance,
  activity: activityConformance,
  visibility: visibilityConformance,
  'changes of messages': changeConformance,
  attachments: attachmentConformance,
  cursors: cursorConformance,
  presence: presenceConformance,
  search: searchConformance,
  transactions: transactionConformance,
  locks: lockConformance,
} satisfies Record<string, (world: () => World, traits: EngineTraits) => void>;

/** Where an engine differs by its nature. */
export interface EngineTraits {
  /** Reads wait until the open transaction has ended. */
  readonly readsWait: boolean;
  /** Transactions run one after the other, whatever they lock. */
  readonly serial: boolean;
}

/** What every engine of the store must do. `open` gives a store on an empty database. */
export function storeConformance(name: string, traits: EngineTraits, open: () => Promise<Store>): void {
  describe(name, () => {
    let store: Store;
    beforeAll(async () => {
      store = await open();
    });
    afterAll(async () => {
      await store[Symbol.asyncDispose]();
    });
    for (const [part, conformance] of Object.entries(PARTS)) {
      describe(part, () => conformance(() => new World(store), traits));
    }
  });
}
