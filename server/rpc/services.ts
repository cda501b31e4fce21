import type { MethodDefinition, ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';

import { AttachmentServiceService } from '../../proto/gen/parley/v1/attachment_service.pb.ts';
import { AuthServiceService } from '../../proto/gen/parley/v1/auth_service.pb.ts';
import { ChatServiceService } from '../../proto/gen/parley/v1/chat_service.pb.ts';
import { FriendServiceService } from '../../proto/gen/parley/v1/friend_service.pb.ts';
import { GroupServiceService } from '../../proto/gen/parley/v1/group_service.pb.ts';
import { HistoryServiceService } from '../../proto/gen/parley/v1/history_service.pb.ts';
import type { Accounts } from '../accounts/accounts.ts';
import type { ChatParts } from '../delivery/chat-session.ts';
import { DomainError } from '../lib/errors.ts';
import type { History } from '../messages/history.ts';
import { authHandlers } from './auth-handlers.ts';
import type { Calls } from './calls.ts';
import { chatHandler } from './chat-stream.ts';
import { type FriendHandlerParts, friendHandlers } from './friend-handlers.ts';
import { type GroupHandlerParts, groupHandlers } from './group-handlers.ts';
import { historyHandlers } from './history-handlers.ts';
import { fromOutgoing } from './inbound-frames.ts';
import { outboundEncoder } from './outbound-frames.ts';
import type { ServedService } from './reflection.ts';
import { invalidRequest, tolerant } from './tolerant-definition.ts';
import { toReceipt } from './wire-entries.ts';

export interface ServiceParts {
  readonly calls: Calls;
  readonly accounts: Accounts;
  readonly friends: FriendHandlerParts;
  readonly groups: GroupHandlerParts;
  readonly history: History;
  readonly chat: ChatParts;
}

/** Every service of the contract; an rpc without a handler answers UNIMPLEMENTED. */
export function parleyServices(parts: ServiceParts): ServedService[] {
  const { calls, chat } = parts;
  const chatDefinition = {
    ...ChatServiceService,
    chat: { ...ChatServiceService.chat, responseSerialize: outboundEncoder(chat.liveness) },
  };
  const chatHandlers = {
    chat: chatHandler(calls, chat),
    sendMessage: calls.authenticated(
      async ({ message }: { message: Parameters<typeof fromOutgoing>[0] | undefined }, { user }) => {
        if (message === undefined) throw invalidRequest('message');
        return { receipt: toReceipt(await chat.sender.sendOne(user, fromOutgoing(message))) };
      },
    ),
  };
  return [
    serve(calls, AuthServiceService, authHandlers(calls, parts.accounts)),
    serve(calls, FriendServiceService, friendHandlers(calls, parts.friends)),
    serve(calls, GroupServiceService, groupHandlers(calls, parts.groups)),
    serve(calls, HistoryServiceService, historyHandlers(calls, { history: parts.history, cursors: chat.cursors })),
    serve(calls, chatDefinition, chatHandlers),
    serve(calls, AttachmentServiceService, {}),
  ];
}

function serve(calls: Calls, definition: ServiceDefinition, handlers: object): ServedService {
  const implementation: UntypedServiceImplementation = {};
  for (const [name, method] of Object.entries(definition)) {
    implementation[name] = handlers[name as keyof typeof handlers] ?? notImplemented(calls, method);
  }
  return { definition: tolerant(definition), implementation };
}

/** Told to those with a token only, like everything else. */
function notImplemented(calls: Calls, { path, responseStream }: MethodDefinition<unknown, unknown>) {
  const refuse = () => Promise.reject(new DomainError('NOT_IMPLEMENTED', `${path} is not implemented by this version`));
  return responseStream ? calls.refusedStream(refuse) : calls.authenticated(refuse);
}
