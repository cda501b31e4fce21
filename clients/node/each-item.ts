import type { Page } from './types.ts';

/** Every item of a list, page after page: `eachItem((pageToken) => client.friends.list({ pageToken }))`. */
export async function* eachItem<Item>(getPage: (pageToken: string) => Promise<Page<Item>>): AsyncGenerator<Item> {
  let pageToken = '';
  do {
    const page = await getPage(pageToken);
    yield* page.items;
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
}
