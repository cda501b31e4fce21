import type { Store } from '../../server/store/seam/store.ts';
import type { Transaction } from '../../server/store/seam/transaction.ts';
import { withMethods } from './with-methods.ts';

/** What may come before the lock: it makes what it locks. */
const LOCKS: ReadonlySet<string> = new Set(['log.lock', 'groups.insert', 'accounts.lock', 'search.lock']);

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
  let underWay: string | undefined;
  const watched = (part: keyof Transaction) =>
    new Proxy(tx[part], {
      get(target, method) {
        const name = `${part}.${String(method)}`;
        return async (...args: never[]) => {
          if (underWay !== undefined) throw new Error(`${name} while ${underWay} is under way`);
          if (!locked && !LOCKS.has(name)) throw new Error(`${name} before anything is locked`);
          underWay = name;
          try {
            return await (Reflect.get(target, method) as (...args: never[]) => Promise<unknown>).apply(target, args);
          } finally {
            underWay = undefined;
            locked ||= LOCKS.has(name);
          }
        };
      },
    });
  const strict = new Proxy(tx, { get: (_target, part: keyof Transaction) => watched(part) });
  const result = await work(strict);
  if (underWay !== undefined) throw new Error(`the transaction ends while ${underWay} is under way`);
  return result;
}
