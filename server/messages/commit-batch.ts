import { AttachmentClaims, bindAttachments } from '../attachments/attachment-claims.ts';
import type { Clock } from '../lib/clock.ts';
import { DomainError } from '../lib/errors.ts';
import type { NewEntry } from '../store/seam/entry.ts';
import type { ConversationFacts, ConversationHead } from '../store/seam/records.ts';
import type { Store } from '../store/seam/store.ts';
import { planBatch } from './plan-batch.ts';
import { repeatedOnDuplicate } from './repeat.ts';
import type { Receipt, Send } from './send.ts';
import type { WritePermissions } from './write-permissions.ts';

export interface CommitParts {
  readonly store: Store;
  readonly permissions: WritePermissions;
  readonly clock: Clock;
}

/** What became of a batch: the result of each send, or null where its conversation is locked elsewhere. */
export interface CommittedBatch {
  readonly results: readonly (Receipt | DomainError | null)[];
  readonly entries: readonly NewEntry[];
  readonly repeats: readonly Send[];
  readonly heads: ReadonlyMap<number, ConversationHead>;
}

/** What happens to a conversation that is locked elsewhere: it is left out, or waited for. */
export type Held = 'skip' | 'wait';

/**
 * Stores sends in one transaction. Locking comes first; a client_message_id that another replica stored meanwhile
 * shows as a duplicate key and is found as a repeat in the next try.
 *
 * @throws whatever the store throws: then nothing of the batch is known to be stored.
 */
export function commitBatch(parts: CommitParts, sends: readonly Send[], held: Held): Promise<CommittedBatch> {
  return repeatedOnDuplicate(() => tryCommit(parts, sends, held));
}

function tryCommit(parts: CommitParts, sends: readonly Send[], held: Held): Promise<CommittedBatch> {
  const facts = new Map<number, ConversationFacts>(sends.map((send) => [send.facts.id, send.facts]));
  return parts.store.transact(
    async (tx) => {
      const locked = await tx.log.lock([...facts.keys()], held);
      const heads = new Map(locked.map((head) => [head.id, head]));
      const ready = sends.filter((send) => heads.has(send.facts.id));
      // Whoever waited for the lock and did not get it has waited for nothing: the row is gone.
      const notLocked = held === 'wait' ? vanished() : null;
      if (ready.length === 0) return { results: sends.map(() => notLocked), entries: [], repeats: [], heads };
      const repeats = await tx.log.findRepeats(ready);
      const lockedFacts = locked.flatMap(({ id }) => facts.get(id) ?? []);
      const judge = await parts.permissions.load(tx, lockedFacts, heads);
      const refuse = (send: Send) => judge(send.senderId, send.facts);
      const claims = await AttachmentClaims.load(
        tx,
        ready.map((send) => send.content),
      );
      const contentOf = (send: Send) =>
        claims.contentOf(send.content, { senderId: send.senderId, conversationId: send.facts.id });
      const plan = planBatch(ready, { heads, repeats, refuse, contentOf, now: parts.clock.now() });
      if (plan.entries.length > 0) await tx.log.append(plan.entries);
      await bindAttachments(tx, plan.entries);
      const planned = plan.results.values();
      const results = sends.map((send) => (heads.has(send.facts.id) ? (planned.next().value ?? null) : notLocked));
      return { results, entries: plan.entries, repeats: plan.repeats, heads };
    },
    { repeatable: true },
  );
}

/** The database has lost what it had: one that took over lacks the last transactions. Sent again, it finds its place. */
function vanished(): DomainError {
  return new DomainError('STORE_UNAVAILABLE', 'the conversation is not in the log any more; nothing was stored', {
    retryAfterMs: 1_000,
  });
}
