import { createHash } from 'node:crypto';

import type { HistoryServiceServer } from '../../proto/gen/parley/v1/history_service.pb.ts';
import type { History } from '../messages/history.ts';
import type { Search } from '../search/search.ts';
import type { SearchPlace } from '../store/seam/search.ts';
import type { Calls } from './calls.ts';
import { toId } from './ids.ts';
import { toListedMessages } from './listed-messages.ts';
import { pageLimit, readPageToken, writePageToken } from './page.ts';

const SIZES = { fallback: 20, max: 100 };

export interface SearchHandlerParts {
  readonly search: Search;
  readonly history: History;
}

/** The part of HistoryService that searches. */
export function searchHandlers(
  calls: Calls,
  { search, history }: SearchHandlerParts,
): Pick<HistoryServiceServer, 'searchMessages'> {
  return {
    searchMessages: calls.authenticated(async (request, { user }) => {
      const limit = pageLimit(request, SIZES);
      const conversationId =
        request.conversationId === 0n ? undefined : toId(request.conversationId, 'conversation_id');
      const token = tokenName(conversationId, request.query);
      const after = fromToken(readPageToken(token, request, 3));
      const { found, next } = await search.find(user.id, {
        query: request.query,
        limit,
        ...(conversationId !== undefined && { conversationId }),
        ...(after && { after }),
      });
      const messages = await toListedMessages(
        history,
        user.id,
        found.map(({ entry }) => entry),
      );
      return {
        results: messages.map((message, index) => ({ message, highlights: [...found[index]!.highlights] })),
        nextPageToken: next === null ? '' : writePageToken(token, [next.createdAt, next.conversationId, next.seq]),
      };
    }),
  };
}

/** A token is good for the same query and conversation only. */
function tokenName(conversationId: number | undefined, query: string): string {
  const hash = createHash('sha256').update(query).digest('base64url');
  return `SearchMessages/${conversationId ?? 'all'}/${hash}`;
}

function fromToken(numbers: number[] | undefined): SearchPlace | undefined {
  const [createdAt, conversationId, seq] = numbers ?? [];
  if (createdAt === undefined || conversationId === undefined || seq === undefined) return undefined;
  return { createdAt, conversationId, seq };
}
