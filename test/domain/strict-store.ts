import type { Store, Transaction } from '../../server/store/store.ts';
import { withMethods } from './with-methods.ts';

/** What may come before the lock: it makes what it locks. */
const LOCKS: ReadonlySet<PropertyKey> = new Set<keyof Transaction>(['lock', 'insertGroup']);

/**
 * The store as the worst database would have it, which shows by itself what otherwise only a race does:
 *
 * - each transaction is tried twice: all that the first try did is rolled back, as after a deadlock;
 * - in a transaction, nothing is read or written before a lock is taken, and one call ends before the next begins.
 */
export function strictStore(store: Store): Store {
  const transact: Store['transact'] = async (work, options) => {
    const rolledBack = new Error('rolled back');
    await store
      .transact(async (tx) => {
        await strictly(tx, work);
        throw rolledBack;
      })
      .catch((error: unknown) => {
        if (error !== rolledBack) throw error;
      });
    return store.transact((tx) => strictly(tx, work), options);
  };
  return withMethods(store, { transact });
}

async function strictly<T>(tx: Transaction, work: (tx: Transaction) => Promise<T>): Promise<T> {
  let locked = false;
  let underWay: PropertyKey | undefined;
  const strict = new Proxy(tx, {
    get:
      (_target, method: keyof Transaction) =>
      async (...args: never[]) => {
        if (underWay !== undefined) throw new Error(`${method} while ${String(underWay)} is under way`);
        if (!locked && !LOCKS.has(method)) throw new Error(`${method} before anything is locked`);
        underWay = method;
        try {
          return await (tx[method] as (...args: never[]) => Promise<unknown>)(...args);
        } finally {
          underWay = undefined;
          locked ||= LOCKS.has(method);
        }
      },
  });
  const result = await work(strict);
  if (underWay !== undefined) throw new Error(`the transaction ends while ${String(underWay)} is under way`);
  return result;
}
