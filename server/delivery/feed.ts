import type { Signal } from '../bus/bus.ts';
import { type Clock, pause } from '../lib/clock.ts';
import type { Entry } from '../store/seam/entry.ts';
import type { Journal } from '../messages/journal.ts';
import type { LogStore } from '../store/seam/log.ts';
import type { Events } from '../telemetry/events.ts';
import type { Outbox } from './outbox.ts';
import { acknowledgeable, createPlace, type Place } from './place.ts';
import type { StreamSignals } from './stream-signals.ts';

/** Where the live end of a conversation is, on this replica; undefined where nothing follows it. */
export interface Tails {
  seen(conversationId: number): number | undefined;
  /** Whether this feed is given what comes there. */
  isAttached(feed: Feed, conversationId: number): boolean;
  /** This feed needs nothing more of the conversation. */
  detach(conversationId: number, feed: Feed): void;
}

export interface FeedParts {
  readonly log: LogStore;
  readonly tails: Tails;
  /** What others send goes before what this stream has yet to read. */
  readonly sends: Pick<Journal, 'lull'>;
  readonly outbox: Outbox;
  readonly signals: StreamSignals;
  readonly clock: Clock;
  readonly events: Events;
}

/** Small enough that others hardly notice one. */
const PAGE_LIMITS = { limit: 50, maxBytes: 262_144 };
const RETRY_AFTER_MS = 1_000;
/** So long does a page of the log give way to sends, where there is no end of them. */
const GIVE_WAY_MS = 20;

let nextId = 0;

/**
 * What one stream is given: for each conversation its place, live or behind. A place that is behind reads the log
 * until it meets the tail, and then is live; one whose stream has no room falls behind. So the backlog at hello, a
 * slow reader and joining a group are the same thing.
 */
export class Feed {
  /** Tells the feeds of one process apart. */
  readonly id: number;
  readonly userId: number;
  /** Resolves when the conversations of hello have their places: nothing else may be placed before. */
  readonly begun: Promise<void>;
  #begin!: () => void;
  readonly #parts: FeedParts;
  readonly #places = new Map<number, Place>();
  /** Own sends in conversations without a place yet: a first contact. */
  readonly #unplaced = new Map<number, Set<number>>();
  /** In the order in which they get their turns. */
  readonly #behind = new Set<number>();
  #reading = false;
  #closed = false;
  #caughtUp: (() => void) | undefined;

  constructor(userId: number, parts: FeedParts) {
    this.id = nextId += 1;
    this.userId = userId;
    this.#parts = parts;
    this.begun = new Promise((resolve) => (this.#begin = resolve));
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Everything up to it was given to this stream, or is not for it; 0 where it has no place. */
  position(conversationId: number): number {
    return this.#places.get(conversationId)?.position ?? 0;
  }

  /**
   * Places a conversation after `position`: `behind` where the log has more, `live` where the tail goes on from there,
   * `ended` where nothing follows unless the user joins again.
   */
  place(conversationId: number, position: number, state: 'behind' | 'live' | 'ended', declared = 0): void {
    if (this.#closed) return;
    const place = createPlace(position, declared, this.#unplaced.get(conversationId));
    this.#unplaced.delete(conversationId);
    this.#places.set(conversationId, place);
    if (state === 'behind') this.#fallBehind(conversationId, place);
    else place.live = state === 'live';
  }

  /** The user has joined again: a read that began before does not end the place. */
  rejoins(conversationId: number): void {
    const place = this.#places.get(conversationId);
    if (place !== undefined) place.joins += 1;
  }

  /** The user has joined again: what this stream lacks is read from the log. False where the feed has no place there. */
  revisit(conversationId: number): boolean {
    const place = this.#places.get(conversationId);
    if (place === undefined) return false;
    this.#fallBehind(conversationId, place);
    return true;
  }

  /** An entry from the tail, visible to this user, in the order of seq. */
  offer(entry: Entry): void {
    const place = this.#places.get(entry.conversationId);
    if (place === undefined || !place.live || entry.seq <= place.position) return;
    if (this.#parts.outbox.full) this.#fallBehind(entry.conversationId, place);
    else this.#give(place, entry);
  }

  /** What is told beside the log; of a conversation, once this stream has its place there. */
  tell(signal: Signal): void {
    if (this.#closed) return;
    if (signal.type === 'presence' || this.#places.has(signal.conversationId)) this.#parts.signals.tell(signal);
  }

  /** This stream sent the entry: its result is its delivery. Call before it can be offered. */
  noteOwn(conversationId: number, seq: number): void {
    this.#parts.signals.noteOwn(conversationId, { deliveredSeq: seq, readSeq: seq });
    const place = this.#places.get(conversationId);
    if (place !== undefined) {
      if (seq > place.position) place.own.add(seq);
      return;
    }
    const own = this.#unplaced.get(conversationId);
    if (own === undefined) this.#unplaced.set(conversationId, new Set([seq]));
    else own.add(seq);
  }

  /** The highest seq that the client may acknowledge; 0 where it was given nothing. */
  acknowledgeable(conversationId: number): number {
    const place = this.#places.get(conversationId);
    return acknowledgeable(place ?? createPlace(0, 0, this.#unplaced.get(conversationId)));
  }

  /** All places of hello are set; calls back once nothing of them is behind. */
  begin(caughtUp: () => void): void {
    this.#begin();
    this.#caughtUp = caughtUp;
    this.#checkCaughtUp();
  }

  close(): void {
    this.#closed = true;
    this.#parts.signals.close();
    this.#begin();
    this.#places.clear();
    this.#behind.clear();
  }

  #fallBehind(conversationId: number, place: Place): void {
    place.live = false;
    this.#behind.add(conversationId);
    void this.#read();
  }

  async #read(): Promise<void> {
    if (this.#reading) return;
    this.#reading = true;
    while (!this.#closed) {
      const [conversationId] = this.#behind;
      if (conversationId === undefined) break;
      await this.#parts.outbox.nearlyEmpty();
      await this.#parts.sends.lull(GIVE_WAY_MS);
      try {
        await this.#readPage(conversationId);
      } catch (cause) {
        this.#parts.events.workFailed('reading what a stream lacks', cause);
        await pause(this.#parts.clock, RETRY_AFTER_MS);
      }
    }
    this.#reading = false;
    this.#checkCaughtUp();
  }

  async #readPage(conversationId: number): Promise<void> {
    const place = this.#places.get(conversationId);
    if (place === undefined) return void this.#behind.delete(conversationId);
    const { joins } = place;
    const from = { afterSeq: place.position };
    const page = await this.#parts.log.readVisible(this.userId, conversationId, from, PAGE_LIMITS);
    if (this.#closed || this.#places.get(conversationId) !== place) return;
    for (const entry of page.entries) this.#give(place, entry);
    this.#behind.delete(conversationId);
    const empty = page.entries.length === 0;
    // A page that was cut ends before the log did: what the tail still has to give may have been recalled since.
    const follows = page.open && this.#parts.tails.isAttached(this, conversationId);
    if (follows && !page.cut && this.#meetsTail(conversationId, place)) {
      place.live = true;
    } else if (empty && !follows && place.joins === joins) {
      // The user is out, or is in again and nobody has told; this stream has everything. The place stays: once it is
      // attached, it goes on from there.
      this.#parts.tails.detach(conversationId, this);
    } else {
      this.#behind.add(conversationId);
      // Twice nothing, and yet not at the tail: it is ahead of the log, as after a restore. Not in a hot loop.
      if (empty && place.empty) throw new Error(`conversation ${conversationId}: the tail is not at the log's end`);
    }
    place.empty = empty;
  }

  /** Decided in one turn of the event loop with the push: nothing can come between. */
  #meetsTail(conversationId: number, place: Place): boolean {
    const seen = this.#parts.tails.seen(conversationId);
    return seen !== undefined && seen <= place.position;
  }

  #give(place: Place, entry: Entry): void {
    const { conversationId, seq } = entry;
    if (seq > place.position + 1) this.#skip(place, conversationId, seq - 1);
    if (!place.own.delete(seq)) this.#parts.outbox.pushEntry(entry);
    place.position = seq;
  }

  #skip(place: Place, conversationId: number, toSeq: number): void {
    const fromSeq = place.position + 1;
    this.#parts.outbox.pushNotice({ type: 'skip', conversationId, fromSeq, toSeq });
    place.position = toSeq;
  }

  #checkCaughtUp(): void {
    if (this.#caughtUp === undefined || this.#behind.size > 0 || this.#reading || this.#closed) return;
    const action = this.#caughtUp;
    this.#caughtUp = undefined;
    action();
  }
}
