import type { Conversation } from '../../proto/gen/parley/v1/conversation.pb.ts';
import type { HistoryServiceServer, ListMessagesRequest } from '../../proto/gen/parley/v1/history_service.pb.ts';
import { invalidField } from '../lib/errors.ts';
import type { CursorWriter } from '../messages/cursor-writer.ts';
import type { History } from '../messages/history.ts';
import type { ConversationSummary, Target } from '../store/seam/records.ts';
import type { From } from '../store/seam/log.ts';
import type { Calls } from './calls.ts';
import { fromNumber, toId, toSeq } from './ids.ts';
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
): Partial<HistoryServiceServer> {
  return {
    listConversations: calls.authenticated(async (request, { user }) => {
      const limit = pageLimit(request, SIZES);
      const [lastActivity, id] = readPageToken('ListConversations', request, 2) ?? [];
      const after = lastActivity === undefined || id === undefined ? {} : { after: { lastActivity, id } };
      await cursors.flush();
      const found = await history.listConversations(user.id, { ...after, limit: limit + 1 });
      const items = found.slice(0, limit);
      const last = items.at(-1);
      const more = found.length > limit && last !== undefined;
      return {
        conversations: items.map((item) => toConversation(item, user.id)),
        nextPageToken: more ? writePageToken('ListConversations', [last.lastActivity, last.facts.id]) : '',
      };
    }),

    listMessages: calls.authenticated(async (request, { user }) => {
      const limit = pageLimit(request, SIZES);
      const of = fromConversation(request.conversation);
      const tokens = messageTokens(of);
      const page = await history.listMessages(user.id, of, position(request, tokens), limit);
      return {
        messages: page.entries.map(toMessage),
        nextPageToken: page.next === null ? '' : pageToken(page.next, tokens),
        conversationId: fromNumber(page.conversationId),
      };
    }),
  };
}

function fromConversation(conversation: ListMessagesRequest['conversation']): number | Target {
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
  const conversation = typeof of === 'number' ? `${of}` : of.kind === 'user' ? `u${of.userId}` : `g${of.groupId}`;
  return { backward: `ListMessages/${conversation}/before`, forward: `ListMessages/${conversation}/after` };
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
  const target: Target =
    facts.kind === 'group'
      ? { kind: 'group', groupId: facts.groupId }
      : { kind: 'user', userId: facts.users[0] === userId ? facts.users[1] : facts.users[0] };
  return {
    id: fromNumber(facts.id),
    target: toTarget(target),
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
