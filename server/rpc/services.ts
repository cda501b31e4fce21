import type { ServiceDefinition, UntypedHandleCall } from '@grpc/grpc-js';

import { AttachmentServiceService } from '../../proto/gen/parley/v1/attachment_service.pb.ts';
import { AuthServiceService } from '../../proto/gen/parley/v1/auth_service.pb.ts';
import { ChatServiceService } from '../../proto/gen/parley/v1/chat_service.pb.ts';
import { FriendServiceService } from '../../proto/gen/parley/v1/friend_service.pb.ts';
import { GroupServiceService } from '../../proto/gen/parley/v1/group_service.pb.ts';
import { HistoryServiceService } from '../../proto/gen/parley/v1/history_service.pb.ts';
import type { ChatParts } from '../delivery/chat-session.ts';
import type { ChangeParts } from '../messages/change-message.ts';
import type { History } from '../messages/history.ts';
import type { Receipts } from '../messages/receipts.ts';
import type { Search } from '../search/search.ts';
import { type AttachmentHandlerParts, attachmentHandlers } from './attachment-handlers.ts';
import { type AuthHandlerParts, authHandlers } from './auth-handlers.ts';
import type { Calls } from './calls.ts';
import { chatHandlers } from './chat-handlers.ts';
import { chatHandler } from './chat-stream.ts';
import { type FriendHandlerParts, friendHandlers } from './friend-handlers.ts';
import { type GroupHandlerParts, groupHandlers } from './group-handlers.ts';
import { historyHandlers } from './history-handlers.ts';
import { outboundEncoder } from './outbound-frames.ts';
import { receiptHandlers } from './receipt-handlers.ts';
import type { ServedService } from './reflection.ts';
import { searchHandlers } from './search-handlers.ts';
import { tolerant } from './tolerant-definition.ts';

export interface ServiceParts {
  readonly calls: Calls;
  readonly auth: AuthHandlerParts;
  readonly friends: FriendHandlerParts;
  readonly groups: GroupHandlerParts;
  readonly history: History;
  readonly receipts: Receipts;
  readonly search: Search;
  readonly changes: ChangeParts;
  readonly chat: ChatParts;
  readonly attachments: AttachmentHandlerParts;
}

/** Every service of the contract, every rpc with its handler. */
export function parleyServices(parts: ServiceParts): ServedService[] {
  const { calls, chat } = parts;
  const chatDefinition = {
    ...ChatServiceService,
    chat: { ...ChatServiceService.chat, responseSerialize: outboundEncoder(chat.liveness) },
  };
  return [
    serve(AuthServiceService, authHandlers(calls, parts.auth)),
    serve(FriendServiceService, friendHandlers(calls, parts.friends)),
    serve(GroupServiceService, groupHandlers(calls, parts.groups)),
    serve(HistoryServiceService, {
      ...historyHandlers(calls, { history: parts.history, cursors: chat.cursors }),
      ...receiptHandlers(calls, { receipts: parts.receipts, cursors: chat.cursors }),
      ...searchHandlers(calls, { search: parts.search, history: parts.history }),
    }),
    serve(chatDefinition, {
      chat: chatHandler(calls, chat),
      ...chatHandlers(calls, { sender: chat.sender, changes: parts.changes }),
    }),
    serve(AttachmentServiceService, attachmentHandlers(calls, parts.attachments)),
  ];
}

function serve<Definition extends ServiceDefinition>(
  definition: Definition,
  handlers: Readonly<Record<keyof Definition, UntypedHandleCall>>,
): ServedService {
  return { definition: tolerant(definition), implementation: { ...handlers } };
}
