import type { HistoryServiceServer } from '../../proto/gen/parley/v1/history_service.pb.ts';
import type { CursorWriter } from '../messages/cursor-writer.ts';
import type { Receipts } from '../messages/receipts.ts';
import type { Calls } from './calls.ts';
import { conversationKey, fromConversation } from './history-handlers.ts';
import { toCursorReceipt } from './outbound-frames.ts';
import { pageById } from './page.ts';

const SIZES = { fallback: 100, max: 500 };

export interface ReceiptHandlerParts {
  readonly receipts: Receipts;
  readonly cursors: CursorWriter;
}

export function receiptHandlers(
  calls: Calls,
  { receipts, cursors }: ReceiptHandlerParts,
): Pick<HistoryServiceServer, 'listReceipts'> {
  return {
    listReceipts: calls.authenticated(async (request, { user }) => {
      const of = fromConversation(request.conversation);
      const page = await pageById(
        `ListReceipts/${conversationKey(of)}`,
        request,
        SIZES,
        async (at) => {
          await cursors.flush();
          return receipts.list(user.id, of, at);
        },
        (cursor) => cursor.userId,
      );
      return { receipts: page.items.map(toCursorReceipt), nextPageToken: page.nextPageToken };
    }),
  };
}
