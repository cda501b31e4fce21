import { OutcomeUnknown } from '../../server/store/seam/failures.ts';
import type { Store } from '../../server/store/seam/store.ts';
import { withMethods } from './with-methods.ts';

/** A store that loses the answer of every commit: work that is repeatable is done again, of other work nobody knows. */
export function forgetfulStore(store: Store): Store {
  const transact: Store['transact'] = async (work, options) => {
    await store.transact(work, options);
    if (!options?.repeatable) throw new OutcomeUnknown('the answer was lost');
    return store.transact(work, options);
  };
  return withMethods(store, { transact });
}
