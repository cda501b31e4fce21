import { DomainError, invalidField } from '../lib/errors.ts';

interface PageRequest {
  readonly pageSize: number;
  readonly pageToken: string;
}

interface PageSizes {
  readonly fallback: number;
  readonly max: number;
}

/** How many to give: too many are cut to the limit (AIP-158). @throws DomainError INVALID_FIELD */
export function pageLimit({ pageSize }: PageRequest, { fallback, max }: PageSizes): number {
  if (pageSize < 0) throw invalidField('page_size', `0 to ${max}`);
  return pageSize === 0 ? fallback : Math.min(pageSize, max);
}

/**
 * Where a page goes on: numbers under the rpc's name (and what else must stay the same), so that a token of another
 * request is noticed. The name has no colon.
 *
 * @throws DomainError INVALID_PAGE_TOKEN
 */
export function readPageToken(rpc: string, { pageToken }: PageRequest, length: number): number[] | undefined {
  if (pageToken === '') return undefined;
  const [, ...rest] = Buffer.from(pageToken, 'base64url').toString('utf8').split(':');
  const numbers = rest.map(Number);
  const allowed = numbers.length === length && numbers.every((n) => Number.isSafeInteger(n) && n >= 0);
  if (!allowed || writePageToken(rpc, numbers) !== pageToken) {
    throw new DomainError('INVALID_PAGE_TOKEN', 'page_token is not one that this rpc gave for these arguments');
  }
  return numbers;
}

export function writePageToken(rpc: string, numbers: readonly number[]): string {
  return Buffer.from([rpc, ...numbers].join(':')).toString('base64url');
}

/**
 * A page in the order of ids: reads one more than asked for, which tells whether there is a next one.
 *
 * @throws DomainError INVALID_FIELD, INVALID_PAGE_TOKEN
 */
export async function pageById<T>(
  rpc: string,
  request: PageRequest,
  sizes: PageSizes,
  read: (page: { afterId: number; limit: number }) => Promise<T[]>,
  idOf: (item: T) => number,
): Promise<{ items: T[]; nextPageToken: string }> {
  const limit = pageLimit(request, sizes);
  const [afterId = 0] = readPageToken(rpc, request, 1) ?? [];
  const found = await read({ afterId, limit: limit + 1 });
  const items = found.slice(0, limit);
  const last = items.at(-1);
  const more = found.length > limit && last !== undefined;
  return { items, nextPageToken: more ? writePageToken(rpc, [idOf(last)]) : '' };
}
