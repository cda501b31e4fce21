import { LRUCache } from 'lru-cache';

import { DomainError, userNotFound } from '../lib/errors.ts';
import type { ConversationFacts, Target } from '../store/seam/records.ts';
import type { Store } from '../store/seam/store.ts';
import { notAMember } from './write-permissions.ts';

const CACHED = 20_000;

/** Finds the conversation of a target. What is found never changes while the log is the same, so it is cached. */
export class Conversations {
  readonly #store: Store;
  readonly #cache = new LRUCache<string, ConversationFacts>({ max: CACHED });

  constructor(store: Store) {
    this.#store = store;
  }

  /**
   * For writing: the first contact of two users makes their conversation.
   *
   * @throws DomainError SELF_NOT_ALLOWED, USER_NOT_FOUND, NOT_A_MEMBER (also where there is no such group)
   */
  async toWrite(userId: number, target: Target): Promise<ConversationFacts> {
    const key = cacheKey(userId, target);
    const cached = this.#cache.get(key);
    if (cached !== undefined) return cached;
    const facts =
      target.kind === 'group' ? await this.#group(target.groupId) : await this.#direct(userId, target.userId);
    this.#cache.set(key, facts);
    return facts;
  }

  /** Looks it up anew the next time: after a failure the log may be another one. */
  forget(userId: number, target: Target): void {
    this.#cache.delete(cacheKey(userId, target));
  }

  /** For reading: makes nothing. */
  async toRead(userId: number, target: Target): Promise<ConversationFacts | undefined> {
    return (
      this.#cache.get(cacheKey(userId, target)) ??
      (target.kind === 'group'
        ? await this.#store.log.ofGroup(target.groupId)
        : await this.#store.log.direct(userId, target.userId))
    );
  }

  async #group(groupId: number): Promise<ConversationFacts> {
    const facts = await this.#store.log.ofGroup(groupId);
    if (facts === undefined) throw notAMember();
    return facts;
  }

  async #direct(userId: number, otherId: number): Promise<ConversationFacts> {
    if (userId === otherId) throw new DomainError('SELF_NOT_ALLOWED', 'that is yourself');
    const known = await this.#store.log.direct(userId, otherId);
    if (known !== undefined) return known;
    if ((await this.#store.accounts.byId(otherId)) === undefined) throw userNotFound();
    return this.#store.log.ensureDirect(userId, otherId);
  }
}

function cacheKey(userId: number, target: Target): string {
  if (target.kind === 'group') return `g${target.groupId}`;
  return `u${Math.min(userId, target.userId)}:${Math.max(userId, target.userId)}`;
}
