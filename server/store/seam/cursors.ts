import type { Cursor, CursorAdvance } from './records.ts';

export interface CursorStore {
  get(userId: number, conversationId: number): Promise<Cursor | undefined>;
  /** Raises cursors, never lowers one; a cursor that doesn't exist is passed over. */
  advance(advances: readonly CursorAdvance[]): Promise<void>;
}
