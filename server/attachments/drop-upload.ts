import type { Clock } from '../lib/clock.ts';
import type { Upload } from '../store/seam/attachments.ts';
import type { Store } from '../store/seam/store.ts';

/** Gives up an upload that is not complete: its parts are collected, and its request id begins anew. */
export async function dropUpload(
  { store, clock }: { readonly store: Store; readonly clock: Clock },
  { id, conversationId }: Upload,
): Promise<void> {
  await store.transact(
    async (tx) => {
      await tx.log.lock([conversationId], 'wait');
      await tx.attachments.drop(id, clock.now());
    },
    { repeatable: true },
  );
}
