import { conversationNotFound } from '../messages/history.ts';
import { contentOf, type Entry } from '../store/seam/entry.ts';
import type { SearchPlace } from '../store/seam/search.ts';
import type { Store } from '../store/seam/store.ts';
import { type Highlight, TextMatcher } from './match-text.ts';
import { gramsToFind, parseQuery } from './search-query.ts';

/** What one call goes through at most: candidates, and bytes of their texts. What comes after is for the next page. */
const MAX_CANDIDATES = 2_000;
const MAX_TEXT_BYTES = 1_048_576;
/** Each read is larger than the one before: what the text so often denies will be denied further. */
const LARGEST_READ = 400;

export interface SearchRequest {
  readonly query: string;
  /** Only in this conversation. */
  readonly conversationId?: number;
  readonly after?: SearchPlace;
  readonly limit: number;
}

export interface FoundEntry {
  readonly entry: Entry;
  readonly highlights: readonly Highlight[];
}

export interface FoundPage {
  readonly found: readonly FoundEntry[];
  /** Where the next page goes on; null where nothing is left. A page may be short, and have a next one all the same. */
  readonly next: SearchPlace | null;
}

/** Finds messages by their words, among those that the user may read. */
export class Search {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /**
   * The latest first. The store proposes by the index, and the text itself decides.
   *
   * @throws DomainError INVALID_FIELD; CONVERSATION_NOT_FOUND (also where the user was never part of it)
   */
  async find(userId: number, { query, conversationId, after, limit }: SearchRequest): Promise<FoundPage> {
    const terms = parseQuery(query);
    const grams = gramsToFind(terms);
    const matcher = new TextMatcher(terms);
    if (conversationId !== undefined) await this.#checkKnown(userId, conversationId);

    const found: FoundEntry[] = [];
    // One more than is asked for tells whether there is a next page.
    let [place, candidates, textBytes, size] = [after, 0, 0, limit + 1];
    while (candidates < MAX_CANDIDATES && textBytes < MAX_TEXT_BYTES) {
      const { entries, next } = await this.#store.search.candidates(userId, {
        grams,
        limit: size,
        ...(conversationId !== undefined && { conversationId }),
        ...(place !== undefined && { after: place }),
      });
      for (const entry of entries) {
        const { text } = contentOf(entry.body)!;
        textBytes += Buffer.byteLength(text);
        const highlights = matcher.match(text);
        if (highlights !== null && found.length === limit) return { found, next: placeOf(found.at(-1)!.entry) };
        if (highlights !== null) found.push({ entry, highlights });
      }
      if (next === null) return { found, next };
      place = next;
      candidates += size;
      size = Math.min(2 * size, LARGEST_READ);
    }
    return { found, next: place ?? null };
  }

  async #checkKnown(userId: number, conversationId: number): Promise<void> {
    const standing = await this.#store.log.standing(userId, conversationId);
    if (standing === undefined || standing.lastSeq === 0) throw conversationNotFound();
  }
}

function placeOf({ createdAt, conversationId, seq }: Entry): SearchPlace {
  return { createdAt, conversationId, seq };
}
