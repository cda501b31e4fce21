import { DuplicateKey } from '../store/seam/failures.ts';
import type { Store } from '../store/seam/store.ts';
import { indexBatch } from './index-batch.ts';

const CONVERSATIONS_PER_PAGE = 1_000;

export interface Rebuilt {
  readonly conversations: number;
  readonly messages: number;
}

/**
 * Indexes everything anew, one conversation after the other, and gives how many were gone through; `onBatch` is told the
 * numbers so far now and then. What is indexed stays until its replacement is there, so that servers may go on searching
 * and indexing meanwhile.
 */
export async function rebuildIndex(store: Store, onBatch: (soFar: Rebuilt) => void): Promise<Rebuilt> {
  const soFar = { conversations: 0, messages: 0 };
  for (let afterId = 0; ;) {
    const page = await store.search.progress({ afterId, limit: CONVERSATIONS_PER_PAGE });
    for (const { conversationId } of page) {
      await beginAnew(store, conversationId);
      for (let state = 'more'; state === 'more';) {
        const batch = await indexBatch(store, conversationId, 'wait');
        state = batch.state;
        soFar.messages += batch.messages;
        onBatch(soFar);
      }
      soFar.conversations += 1;
      afterId = conversationId;
    }
    if (page.length === 0) return soFar;
  }
}

async function beginAnew(store: Store, conversationId: number): Promise<void> {
  const begin = () =>
    store.transact(
      async (tx) => {
        await tx.search.lock(conversationId, 'wait');
        await tx.search.setProgress(conversationId, 0);
      },
      { repeatable: true },
    );
  try {
    await begin();
  } catch (error) {
    // A server has made the progress at the same moment: now it is there.
    if (!(error instanceof DuplicateKey)) throw error;
    await begin();
  }
}
