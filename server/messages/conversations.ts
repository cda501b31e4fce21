import { LRUCache } from 'lru-cache';

import { DomainError, userNotFound } from '../lib/errors.ts';
import type { ConversationFacts, Target } from '../store/seam/records.ts';
import type { Store } from '../store/seam/store.ts';
import { notAMember, recipientUnavailable } from './write-permissions.ts';

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
   * @throws DomainError SELF_NOT_ALLOWED, USER_NOT_FOUND, RECIPIENT_UNAVAILABLE where they have deleted their account,
   *   NOT_A_MEMBER (also where there is no such group)
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

  /** The log is another one: what was found may not be there. */
  forgetAll(): void {
    this.#cache.clear();
  }

  /**
   * For reading: makes nothing. A direct conversation in which nothing was said is as good as none: it may be there
   * because one of the two has blocked the other, who must not be able to tell.
   */
  async toRead(userId: number, target: Target): Promise<ConversationFacts | undefined> {
    const { log } = this.#store;
    const cached = this.#cache.get(cacheKey(userId, target));
    if (target.kind === 'group') return cached ?? log.ofGroup(target.groupId);
    const facts = cached ?? (await log.direct(userId, target.userId));
    return facts === undefined || (await this.isSilent(facts.id)) ? undefined : facts;
  }

  /** Whether nothing was ever said: see toRead. */
  async isSilent(conversationId: number): Promise<boolean> {
    const [head] = await this.#store.log.heads([conversationId]);
    return head === undefined || head.lastSeq === 0;
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
    const other = await this.#store.accounts.byId(otherId);
    if (other === undefined) throw userNotFound();
    if (other.deleted) throw recipientUnavailable();
    return this.#store.log.ensureDirect(userId, otherId);
  }
}

function cacheKey(userId: number, target: Target): string {
  if (target.kind === 'group') return `g${target.groupId}`;
  return `u${Math.min(userId, target.userId)}:${Math.max(userId, target.userId)}`;
}
