import type { Conversation } from '../../proto/gen/parley/v1/conversation.pb.ts';
import type { HistoryServiceServer, ListMessagesRequest } from '../../proto/gen/parley/v1/history_service.pb.ts';
import { invalidField } from '../lib/errors.ts';
import type { CursorWriter } from '../messages/cursor-writer.ts';
import type { History } from '../messages/history.ts';
import { targetOf } from '../store/seam/entry.ts';
import type { From } from '../store/seam/log.ts';
import type { ConversationSummary, Target } from '../store/seam/records.ts';
import type { Calls } from './calls.ts';
import { fromNumber, toId, toSeq } from './ids.ts';
import { toListedMessages } from './listed-messages.ts';
import { pageLimit, readPageToken, writePageToken } from './page.ts';
import { fromTarget, toAccount, toTarget } from './wire.ts';
import { toMessage } from './wire-entries.ts';

const SIZES = { fallback: 50, max: 200 };

export interface HistoryHandlerParts {
  readonly history: History;
  readonly cursors: CursorWriter;
}

export function historyHandlers(
  calls: Calls,
  { history, cursors }: HistoryHandlerParts,
): Pick<HistoryServiceServer, 'listConversations' | 'listMessages'> {
  return {
    listConversations: calls.authenticated(async (request, { user }) => {
      const limit = pageLimit(request, SIZES);
      const [lastActivity, id] = readPageToken('ListConversations', request, 2) ?? [];
      const after = lastActivity === undefined || id === undefined ? {} : { after: { lastActivity, id } };
      await cursors.flush();
      const { summaries, next } = await history.listConversations(user.id, { ...after, limit });
      return {
        conversations: summaries.map((summary) => toConversation(summary, user.id)),
        nextPageToken: next === null ? '' : writePageToken('ListConversations', [next.lastActivity, next.id]),
      };
    }),

    listMessages: calls.authenticated(async (request, { user }) => {
      const limit = pageLimit(request, SIZES);
      const of = fromConversation(request.conversation);
      const tokens = messageTokens(of);
      const page = await history.listMessages(user.id, of, position(request, tokens), limit);
      return {
        messages: await toListedMessages(history, user.id, page.entries),
        nextPageToken: page.next === null ? '' : pageToken(page.next, tokens),
        conversationId: fromNumber(page.conversationId),
      };
    }),
  };
}

/** The conversation that a request names. @throws DomainError INVALID_FIELD */
export function fromConversation(conversation: ListMessagesRequest['conversation']): number | Target {
  if (conversation === undefined) throw invalidField('conversation', 'conversation_id or target');
  if (conversation.$case === 'target') return fromTarget(conversation.value);
  return toId(conversation.value, 'conversation_id');
}

/** The names of ListMessages' page tokens: of one conversation, as the request calls it, in one direction. */
interface MessageTokens {
  readonly backward: string;
  readonly forward: string;
}

function messageTokens(of: number | Target): MessageTokens {
  const conversation = conversationKey(of);
  return { backward: `ListMessages/${conversation}/before`, forward: `ListMessages/${conversation}/after` };
}

/** A conversation as the request names it, for page tokens. */
export function conversationKey(of: number | Target): string {
  if (typeof of === 'number') return `${of}`;
  return of.kind === 'user' ? `u${of.userId}` : `g${of.groupId}`;
}

/** The token carries the direction; without one, the request says where to begin. */
function position(request: ListMessagesRequest, { backward, forward }: MessageTokens): From {
  const isBackward = request.position?.$case !== 'afterSeq';
  const [seq] = readPageToken(isBackward ? backward : forward, request, 1) ?? [];
  if (seq !== undefined) return isBackward ? { beforeSeq: seq } : { afterSeq: seq };
  if (request.position?.$case === 'afterSeq') return { afterSeq: toSeq(request.position.value, 'after_seq') };
  if (request.position?.$case === 'beforeSeq') return { beforeSeq: toSeq(request.position.value, 'before_seq') };
  return { beforeSeq: Number.MAX_SAFE_INTEGER };
}

function pageToken(from: From, { backward, forward }: MessageTokens): string {
  return 'beforeSeq' in from ? writePageToken(backward, [from.beforeSeq]) : writePageToken(forward, [from.afterSeq]);
}

function toConversation(summary: ConversationSummary, userId: number): Conversation {
  const { facts, peer, lastEntry, cursor } = summary;
  return {
    id: fromNumber(facts.id),
    target: toTarget(targetOf(facts, userId)),
    title: summary.title,
    peer: peer === null ? undefined : toAccount(peer),
    lastSeq: fromNumber(summary.lastSeq),
    lastOrdinal: fromNumber(summary.lastOrdinal),
    cursor: { deliveredSeq: fromNumber(cursor.deliveredSeq), readSeq: fromNumber(cursor.readSeq) },
    unreadCount: fromNumber(Math.max(0, summary.lastOrdinal - summary.readOrdinal)),
    lastMessage: lastEntry === null ? undefined : toMessage(lastEntry),
    lastActivityTime: new Date(summary.lastActivity),
    closed: summary.closed,
  };
}
