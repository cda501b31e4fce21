import { LRUCache } from 'lru-cache';

import type { Bus, Channel } from '../bus/bus.ts';
import type { Clock } from '../lib/clock.ts';
import type { UserCursor } from '../store/seam/cursors.ts';
import { peerOf } from '../store/seam/entry.ts';
import type { ConversationFacts, Cursor, CursorAdvance } from '../store/seam/records.ts';
import type { Store } from '../store/seam/store.ts';
import type { Events } from '../telemetry/events.ts';

/** In larger groups receipts are asked for, not told. */
export const MAX_TOLD_MEMBERS = 32;

/** Cursors that may wait to be told; more are dropped: they are told with their next move. */
const CAPACITY = 200_000;
const MOST_AT_ONCE = 5_000;
const REMEMBERED_CURSORS = 20_000;
const REMEMBERED_GROUPS = 5_000;
/** A group may have grown beyond the limit for so long before receipts stop. */
const COUNT_AGE_MS = 10_000;

interface Moved {
  readonly cursor: UserCursor;
  readonly facts: ConversationFacts;
}

/**
 * Tells of cursors that moved, once they are stored: the user's own streams always, the other user of a direct
 * conversation unless one has blocked the other, the members of a small group. It reads the cursors back, so that what
 * is told is what the store has, by one query of each kind for all that was written at once.
 */
export class ReceiptPublisher implements AsyncDisposable {
  readonly #parts: { store: Store; bus: Bus; clock: Clock; events: Events };
  readonly #waiting = new Map<string, CursorAdvance>();
  /** What was told last: cursors only rise, so at least as much is stored. */
  readonly #told = new LRUCache<string, Cursor>({ max: REMEMBERED_CURSORS });
  readonly #memberCounts = new LRUCache<number, { readonly count: number; readonly at: number }>({
    max: REMEMBERED_GROUPS,
  });
  #publishing: Promise<void> | undefined;

  constructor(parts: { store: Store; bus: Bus; clock: Clock; events: Events }) {
    this.#parts = parts;
  }

  /** These have been written. */
  written(advances: readonly CursorAdvance[]): void {
    for (const advance of advances) {
      const key = keyOf(advance);
      if (this.#saysItself(key, advance) || this.#waiting.size >= CAPACITY) continue;
      this.#waiting.set(key, advance);
    }
    if (this.#waiting.size > 0) this.#publishing ??= this.#publishAll();
  }

  /** Tells the rest. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#publishing;
  }

  /**
   * Whether the cursor moved over nothing but the user's own messages: those say so themselves. What it was is known
   * where it was told, or where the conversation begins with them.
   */
  #saysItself(key: string, { deliveredSeq = 0, readSeq = 0, own }: CursorAdvance): boolean {
    if (own === undefined || deliveredSeq > own.to || readSeq > own.to) return false;
    const told = this.#told.get(key) ?? (own.from === 1 ? { deliveredSeq: 0, readSeq: 0 } : undefined);
    if (told === undefined || this.#waiting.has(key)) return false;
    const reached = Math.min(told.deliveredSeq, told.readSeq);
    if (reached < own.from - 1) return false;
    this.#told.set(key, { deliveredSeq: Math.max(told.deliveredSeq, own.to), readSeq: Math.max(told.readSeq, own.to) });
    return true;
  }

  async #publishAll(): Promise<void> {
    while (this.#waiting.size > 0) {
      const batch = [...this.#waiting].slice(0, MOST_AT_ONCE);
      for (const [key] of batch) this.#waiting.delete(key);
      try {
        await this.#publish(batch.map(([, advance]) => advance));
      } catch (cause) {
        // Lost, as on the bus.
        this.#parts.events.workFailed('telling of receipts', cause);
      }
    }
    this.#publishing = undefined;
  }

  async #publish(advances: readonly CursorAdvance[]): Promise<void> {
    const found = await this.#parts.store.cursors.many(advances);
    const moved = found.filter(({ cursor }) => !isSame(this.#told.get(keyOf(cursor)), cursor));
    const [blocked, small] = await Promise.all([this.#blockedAmong(moved), this.#smallGroups(moved)]);
    for (const { cursor, facts } of moved) {
      this.#told.set(keyOf(cursor), cursor);
      this.#tell(`user:${cursor.userId}`, cursor.userId, cursor);
      if (facts.kind === 'group') {
        if (small.has(facts.groupId)) this.#tell(`group:${facts.groupId}`, null, cursor);
      } else if (!blocked.has(facts.users.join(':'))) {
        const peer = peerOf(facts.users, cursor.userId);
        this.#tell(`user:${peer}`, peer, cursor);
      }
    }
  }

  #tell(channel: Channel, to: number | null, { conversationId, userId, deliveredSeq, readSeq }: UserCursor): void {
    this.#parts.bus.publish(channel, { type: 'receipt', to, conversationId, userId, deliveredSeq, readSeq });
  }

  async #blockedAmong(moved: readonly Moved[]): Promise<ReadonlySet<string>> {
    const pairs = moved.flatMap(({ facts }) => (facts.kind === 'direct' ? [facts.users] : []));
    return pairs.length > 0 ? this.#parts.store.friends.blockedAmong(pairs) : new Set();
  }

  async #smallGroups(moved: readonly Moved[]): Promise<ReadonlySet<number>> {
    const groupIds = new Set(moved.flatMap(({ facts }) => (facts.kind === 'group' ? [facts.groupId] : [])));
    const now = this.#parts.clock.monotonic();
    const unknown = [...groupIds].filter((id) => now - (this.#memberCounts.get(id)?.at ?? -Infinity) > COUNT_AGE_MS);
    if (unknown.length > 0) {
      const counts = await this.#parts.store.groups.memberCounts(unknown);
      for (const [id, count] of counts) this.#memberCounts.set(id, { count, at: now });
    }
    return new Set([...groupIds].filter((id) => (this.#memberCounts.get(id)?.count ?? Infinity) <= MAX_TOLD_MEMBERS));
  }
}

function keyOf({ userId, conversationId }: { readonly userId: number; readonly conversationId: number }): string {
  return `${userId}:${conversationId}`;
}

function isSame(a: Cursor | undefined, b: Cursor): boolean {
  return a?.deliveredSeq === b.deliveredSeq && a.readSeq === b.readSeq;
}
