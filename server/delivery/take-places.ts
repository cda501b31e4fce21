import type { CursorWriter } from '../messages/cursor-writer.ts';
import type { Store } from '../store/seam/store.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { Feed } from './feed.ts';
import type { Outbox } from './outbox.ts';
import { type ClientCursors, type StartingPlace, startingPlaces } from './starting-places.ts';

/**
 * Attaches a stream to the tails of its user's conversations, and gives where it starts in each of them. Attached
 * first: what happens from then on is not missed.
 */
export async function attachPlaces(
  feed: Feed,
  { store, dispatcher, cursors }: { store: Store; dispatcher: Dispatcher; cursors: CursorWriter },
  declared: ClientCursors | null,
  logEpoch: string,
): Promise<StartingPlace[]> {
  await dispatcher.enter(feed);
  // What this user's other streams have acknowledged counts from here on.
  await cursors.flush();
  const places = startingPlaces(await store.log.standings(feed.userId), declared, logEpoch);
  const open = places.flatMap(({ standing }) => (standing.visibleTo === null ? [standing.facts] : []));
  await dispatcher.attach(feed, open);
  return places;
}

/** Lets a stream begin at its places: it reads on where the log has more, and is live where it hasn't. */
export function beginAtPlaces(
  places: readonly StartingPlace[],
  { feed, dispatcher, outbox }: { feed: Feed; dispatcher: Dispatcher; outbox: Outbox },
): void {
  for (const { standing, position, declared, reset } of places) {
    const conversationId = standing.facts.id;
    if (reset) outbox.pushNotice({ type: 'reset', conversationId, seq: position });
    const open = standing.visibleTo === null;
    const head = standing.visibleTo ?? Math.max(standing.lastSeq, dispatcher.seen(conversationId) ?? 0);
    const state = position < head ? 'behind' : open ? 'live' : 'ended';
    feed.place(conversationId, position, state, declared);
  }
}
