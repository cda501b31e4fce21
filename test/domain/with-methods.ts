import type { LogWrites } from '../../server/store/seam/log.ts';
import type { Transaction } from '../../server/store/seam/transaction.ts';

/** The same object, with some of its methods in the hands of a test. */
export function withMethods<T extends object>(target: T, methods: Partial<T>): T {
  return new Proxy(target, {
    get(_target, name) {
      const replaced = methods[name as keyof T];
      if (replaced !== undefined) return replaced;
      const value = target[name as keyof T];
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

/** A transaction, with what it does to the log in the hands of a test. */
export function withLog(tx: Transaction, methods: Partial<LogWrites>): Transaction {
  return withMethods(tx, { log: withMethods(tx.log, methods) });
}
