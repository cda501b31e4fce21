import type { Bus } from '../bus/bus.ts';
import type { Target } from '../store/seam/records.ts';
import type { Store } from '../store/seam/store.ts';
import type { Conversations } from './conversations.ts';
import { type DirectMessagePolicy, notAMember } from './write-permissions.ts';

/** Tells others that somebody is typing. Nothing of it is stored, and nothing is made for it. */
export class Typing {
  readonly #parts: { store: Store; conversations: Conversations; bus: Bus };
  readonly #policy: DirectMessagePolicy;

  constructor(parts: { store: Store; conversations: Conversations; bus: Bus }, policy: DirectMessagePolicy) {
    this.#parts = parts;
    this.#policy = policy;
  }

  /**
   * Whoever can't be written to, and whoever has never been written to, is not told, and the user can't tell.
   *
   * @throws DomainError NOT_A_MEMBER (also where there is no such group)
   */
  async tell(userId: number, target: Target, stopped: boolean): Promise<void> {
    const { conversations, bus } = this.#parts;
    const conversationId = (await conversations.toRead(userId, target))?.id;
    const allowed = conversationId !== undefined && (await this.#mayWrite(userId, target));
    const what = { type: 'typing', userId, target, stopped } as const;
    if (target.kind === 'group') {
      if (!allowed) throw notAMember();
      bus.publish(`group:${target.groupId}`, { ...what, conversationId, to: null });
    } else if (allowed) {
      bus.publish(`user:${target.userId}`, { ...what, conversationId, to: target.userId });
    }
  }

  async #mayWrite(userId: number, target: Target): Promise<boolean> {
    const { friends, groups } = this.#parts.store;
    if (target.kind === 'group') return (await groups.member(target.groupId, userId)) !== undefined;
    if ((await friends.blockedAmong([[userId, target.userId]])).size > 0) return false;
    return this.#policy === 'anyone' || (await friends.ids(userId)).includes(target.userId);
  }
}
