import {
  HistoryServiceService,
  type SearchMessagesRequest,
  type SearchMessagesResponse,
  type SearchResult,
} from '../../../proto/gen/parley/v1/history_service.pb.ts';
import { textOf } from './frames.ts';
import type { RawUser } from './raw-user.ts';

const DEADLINE_MS = 8_000;

/** One page. @throws CallFailed */
export function search(
  user: RawUser,
  query: string,
  request: Partial<SearchMessagesRequest> = {},
): Promise<SearchMessagesResponse> {
  return user.call(HistoryServiceService.searchMessages, {
    ...{ query, conversationId: 0n, pageSize: 100, pageToken: '' },
    ...request,
  });
}

/** Asks until so many are found, as what was sent is found a moment later. @throws Error where they never are */
export async function searchUntil(
  user: RawUser,
  query: string,
  count: number,
  request: Partial<SearchMessagesRequest> = {},
): Promise<SearchResult[]> {
  const until = performance.now() + DEADLINE_MS;
  for (;;) {
    const { results } = await search(user, query, request);
    if (results.length === count) return results;
    if (performance.now() > until) throw new Error(`"${query}" finds ${results.length} messages, never ${count}`);
  }
}

export function texts({ results }: Pick<SearchMessagesResponse, 'results'>): string[] {
  return results.map(({ message }) => textOf(message!));
}

/** The parts of each result's text that are highlighted. */
export function highlighted(results: readonly SearchResult[]): string[][] {
  return results.map(({ message, highlights }) => {
    const characters = [...textOf(message!)];
    return highlights.map(({ start, length }) => characters.slice(start, start + length).join(''));
  });
}
