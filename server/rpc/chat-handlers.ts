import type { ChatServiceServer } from '../../proto/gen/parley/v1/chat_service.pb.ts';
import type { ChangeParts } from '../messages/change-message.ts';
import { editMessage } from '../messages/edit-message.ts';
import { recallMessage } from '../messages/recall-message.ts';
import type { Sender } from '../messages/sender.ts';
import { setReaction } from '../messages/set-reaction.ts';
import type { EntryKey } from '../store/seam/log.ts';
import type { Calls } from './calls.ts';
import { toId, toSeq } from './ids.ts';
import { fromOutgoing } from './inbound-frames.ts';
import { invalidRequest } from './tolerant-definition.ts';
import { fromContent, toReceipt } from './wire-entries.ts';

export interface ChatHandlerParts {
  readonly sender: Sender;
  readonly changes: ChangeParts;
}

type UnaryChatHandlers = Pick<ChatServiceServer, 'sendMessage' | 'recallMessage' | 'editMessage' | 'setReaction'>;

/** What ChatService has beside the stream. */
export function chatHandlers(calls: Calls, { sender, changes }: ChatHandlerParts): UnaryChatHandlers {
  return {
    sendMessage: calls.authenticated(async ({ message }, { user }) => {
      if (message === undefined) throw invalidRequest('message');
      return { receipt: toReceipt(await sender.sendOne(user, fromOutgoing(message))) };
    }),

    recallMessage: calls.authenticated(async (request, { user }) => ({
      receipt: toReceipt(await recallMessage(changes, user, fromKey(request))),
    })),

    editMessage: calls.authenticated(async (request, { user }) => {
      const { clientMessageId, expectedRevision } = request;
      const edit = { clientMessageId, expectedRevision, message: fromKey(request) };
      const content = fromContent(request.content);
      return { receipt: toReceipt(await editMessage(changes, user, { ...edit, content })) };
    }),

    setReaction: calls.authenticated(async (request, { user }) => {
      const { emoji, removed } = request;
      const receipt = await setReaction(changes, user, { message: fromKey(request), emoji, removed });
      return { receipt: receipt === null ? undefined : toReceipt(receipt) };
    }),
  };
}

/** @throws DomainError INVALID_FIELD */
function fromKey({ conversationId, seq }: { conversationId: bigint; seq: bigint }): EntryKey {
  return { conversationId: toId(conversationId, 'conversation_id'), seq: toSeq(seq, 'seq') };
}
