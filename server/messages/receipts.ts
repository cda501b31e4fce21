import type { UserCursor } from '../store/seam/cursors.ts';
import { peerOf } from '../store/seam/entry.ts';
import type { PageById } from '../store/seam/page.ts';
import type { Target } from '../store/seam/records.ts';
import type { Store } from '../store/seam/store.ts';
import type { Conversations } from './conversations.ts';
import { conversationNotFound } from './history.ts';

/** How far others are, where it is asked for. */
export class Receipts {
  readonly #store: Store;
  readonly #conversations: Conversations;

  constructor(store: Store, conversations: Conversations) {
    this.#store = store;
    this.#conversations = conversations;
  }

  /**
   * The cursors of those who are in a conversation now, by user id; of two users of whom one has blocked the other,
   * only one's own.
   *
   * @throws DomainError CONVERSATION_NOT_FOUND for everybody who is not in it
   */
  async list(userId: number, of: number | Target, page: PageById): Promise<UserCursor[]> {
    const conversationId = typeof of === 'number' ? of : (await this.#conversations.toRead(userId, of))?.id;
    const standing = conversationId && (await this.#store.log.standing(userId, conversationId));
    if (!standing || standing.lastSeq === 0 || standing.visibleTo !== null) throw conversationNotFound();
    const { facts } = standing;
    return facts.kind === 'group'
      ? this.#store.cursors.ofMembers(userId, facts.groupId, page)
      : this.#ofTwo(userId, facts, page);
  }

  async #ofTwo(
    userId: number,
    { id, users }: { readonly id: number; readonly users: readonly [number, number] },
    { afterId, limit }: PageById,
  ): Promise<UserCursor[]> {
    const blocked = (await this.#store.friends.blockedAmong([users])).size > 0;
    const told = users.filter((id) => !blocked || id !== peerOf(users, userId));
    const keys = told.map((userId) => ({ userId, conversationId: id }));
    const cursors = (await this.#store.cursors.many(keys)).map(({ cursor }) => cursor);
    return cursors
      .filter((cursor) => cursor.userId > afterId)
      .sort((a, b) => a.userId - b.userId)
      .slice(0, limit);
  }
}
