import type { PageById } from './page.ts';
import type { ConversationFacts, Cursor, CursorAdvance } from './records.ts';

/** How far a user is in a conversation. */
export interface UserCursor extends Cursor {
  readonly userId: number;
  readonly conversationId: number;
}

export interface CursorStore {
  get(userId: number, conversationId: number): Promise<Cursor | undefined>;
  /** Raises cursors, never lowers one; a cursor that doesn't exist is passed over. */
  advance(advances: readonly CursorAdvance[]): Promise<void>;
  /** Many cursors, with what their conversations are; those that don't exist are left out. In no order. */
  many(
    keys: readonly { readonly userId: number; readonly conversationId: number }[],
  ): Promise<{ cursor: UserCursor; facts: ConversationFacts }[]>;
  /** Those of a group's members, by user id; none where the reader isn't one of them. */
  ofMembers(readerId: number, groupId: number, page: PageById): Promise<UserCursor[]>;
}
