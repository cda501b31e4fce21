import type { Bus, BusEvent, Channel, Signal } from '../bus/bus.ts';
import { type Clock, pause } from '../lib/clock.ts';
import type { Entry } from '../store/seam/entry.ts';
import type { ConversationFacts, Standing } from '../store/seam/records.ts';
import type { LogStore } from '../store/seam/log.ts';
import type { Events } from '../telemetry/events.ts';
import type { Feed, Tails } from './feed.ts';
import { Tail } from './tail.ts';

export interface DispatcherParts {
  readonly log: LogStore;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly events: Events;
}

interface Joining {
  readonly tail: Tail;
  readonly joined: Promise<void>;
}

/** Who is in thousands of conversations must not keep the event loop from everybody else. */
const ATTACHED_AT_ONCE = 200;
const RETRY_AFTER_MS = 1_000;

/**
 * Brings what the bus carries to the feeds of this replica: one tail for each conversation that somebody here is in,
 * one channel for each user and each group. The order is always: subscribe, read the log's end, attach, and only
 * then read from the cursor.
 */
export class Dispatcher implements Tails {
  readonly #parts: DispatcherParts;
  readonly #tails = new Map<number, Joining>();
  readonly #feeds = new Map<number, Set<Feed>>();
  readonly #attached = new Map<Feed, Set<number>>();
  readonly #meeting = new Set<string>();

  constructor(parts: DispatcherParts) {
    this.#parts = parts;
  }

  /** Takes a user's feed in: resolves when nothing published to the user from now on can be missed. */
  async enter(feed: Feed): Promise<void> {
    const feeds = this.#feeds.get(feed.userId);
    if (feeds === undefined) this.#feeds.set(feed.userId, new Set([feed]));
    else feeds.add(feed);
    await this.#parts.bus.subscribe([`user:${feed.userId}`]);
  }

  exit(feed: Feed): void {
    feed.close();
    for (const conversationId of this.#attached.get(feed) ?? []) this.detach(conversationId, feed);
    this.#attached.delete(feed);
    const feeds = this.#feeds.get(feed.userId);
    feeds?.delete(feed);
    if (feeds?.size !== 0) return;
    this.#feeds.delete(feed.userId);
    void this.#unsubscribe([`user:${feed.userId}`]);
  }

  /** Attaches a feed to the tails of conversations, and makes those that are missing, so many at a time. */
  async attach(feed: Feed, conversations: readonly ConversationFacts[]): Promise<void> {
    for (let start = 0; start < conversations.length; start += ATTACHED_AT_ONCE) {
      await this.#attachSome(feed, conversations.slice(start, start + ATTACHED_AT_ONCE));
    }
  }

  seen(conversationId: number): number | undefined {
    return this.#tails.get(conversationId)?.tail.seen;
  }

  detach(conversationId: number, feed: Feed): void {
    this.#attached.get(feed)?.delete(conversationId);
    const tail = this.#tails.get(conversationId)?.tail;
    if (tail === undefined) return;
    tail.detach(feed);
    if (tail.idle) this.#forget(tail);
  }

  receive(event: BusEvent): void {
    switch (event.type) {
      case 'entry':
        return this.#receiveEntry(event.entry, event.membersVersion);
      case 'membership':
        for (const feed of this.#feedsOf(event.userId)) void this.#admit(feed, event.conversationId);
        return;
      case 'presence':
        return this.#tell(event.to, event);
      case 'receipt':
      case 'typing':
        if (event.to !== null) return this.#tell(event.to, event);
        return this.#tails.get(event.conversationId)?.tail.tell(event);
      // Nothing that the feeds are given.
      case 'session-revoked':
      case 'account-changed':
      case 'friendship':
        return;
    }
  }

  /** Conversations whose log has grown, as the log itself says: heals what the bus has lost. */
  reconcile(heads: readonly { id: number; lastSeq: number }[]): void {
    for (const { id, lastSeq } of heads) this.#tails.get(id)?.tail.expect(lastSeq);
  }

  async #attachSome(feed: Feed, conversations: readonly ConversationFacts[]): Promise<void> {
    const missing = conversations.filter(({ id }) => !this.#tails.has(id)).map((facts) => new Tail(facts, this.#parts));
    if (missing.length > 0) {
      const joined = this.#join(missing);
      // Whoever attaches waits for it and sees the failure; nobody else has to.
      joined.catch(() => undefined);
      for (const tail of missing) this.#tails.set(tail.facts.id, { tail, joined });
    }
    const attached = this.#attached.get(feed) ?? new Set<number>();
    const wanted = conversations.flatMap(({ id }) => this.#tails.get(id) ?? []);
    for (const { tail } of wanted) {
      tail.attach(feed);
      attached.add(tail.facts.id);
    }
    this.#attached.set(feed, attached);
    await Promise.all(new Set(wanted.map(({ joined }) => joined)));
  }

  #receiveEntry(entry: Entry, membersVersion: number): void {
    const tail = this.#tails.get(entry.conversationId)?.tail;
    if (entry.target.kind === 'user') {
      for (const feed of this.#feedsOf(entry.senderId)) void this.#meet(feed, entry.conversationId);
      for (const feed of this.#feedsOf(entry.target.userId)) void this.#meet(feed, entry.conversationId);
    }
    tail?.receive(entry, membersVersion);
  }

  #tell(userId: number, signal: Signal): void {
    for (const feed of this.#feedsOf(userId)) feed.tell(signal);
  }

  #feedsOf(userId: number): Iterable<Feed> {
    return this.#feeds.get(userId) ?? [];
  }

  #isAttached(feed: Feed, conversationId: number): boolean {
    return this.#attached.get(feed)?.has(conversationId) ?? false;
  }

  /** A first contact: streams that began before the conversation was made are taken in, once. */
  async #meet(feed: Feed, conversationId: number): Promise<void> {
    if (this.#isAttached(feed, conversationId)) return;
    const key = `${feed.id}:${conversationId}`;
    if (this.#meeting.has(key)) return;
    this.#meeting.add(key);
    await feed.begun;
    if (!this.#isAttached(feed, conversationId)) await this.#admit(feed, conversationId);
    this.#meeting.delete(key);
  }

  /** Gives a stream that is up a conversation that it didn't have, or has anew. */
  async #admit(feed: Feed, conversationId: number): Promise<void> {
    await feed.begun;
    while (!feed.closed) {
      try {
        const standing = await this.#parts.log.standing(feed.userId, conversationId);
        if (standing !== undefined && !feed.closed) await this.#takeIn(feed, standing);
        break;
      } catch (cause) {
        this.#parts.events.workFailed('taking a stream into a conversation', cause);
        await pause(this.#parts.clock, RETRY_AFTER_MS);
      }
    }
    // It may have closed at any of the waits: nothing of it stays behind.
    if (feed.closed) this.exit(feed);
  }

  async #takeIn(feed: Feed, standing: Standing): Promise<void> {
    const { facts, visibleTo } = standing;
    // A read that is under way, and finds the user out, must not end what begins here.
    feed.rejoins(facts.id);
    // For somebody who is out again already, the log suffices.
    if (visibleTo === null) await this.attach(feed, [facts]);
    if (feed.revisit(facts.id)) return;
    const position = await this.#beforeFirst(feed.userId, facts);
    // Others that came at the same time may have placed it meanwhile.
    if (!feed.revisit(facts.id)) feed.place(facts.id, position, 'behind');
  }

  /**
   * Where a stream begins whose hello knew nothing of the conversation: all of it came later. The user's cursor may be
   * ahead, moved by what they sent and by their other streams' acknowledgements; this stream was told none of that.
   */
  async #beforeFirst(userId: number, { id, kind }: ConversationFacts): Promise<number> {
    if (kind === 'direct') return 0;
    const { entries } = await this.#parts.log.readVisible(userId, id, { afterSeq: 0 }, { limit: 1, maxBytes: 1 });
    return (entries[0]?.seq ?? 1) - 1;
  }

  async #join(tails: readonly Tail[]): Promise<void> {
    const channels = tails.flatMap(({ facts }): Channel[] =>
      facts.kind === 'group' ? [`group:${facts.groupId}`] : [],
    );
    try {
      if (channels.length > 0) await this.#parts.bus.subscribe(channels);
      const heads = await this.#parts.log.heads(tails.map(({ facts }) => facts.id));
      const ends = new Map(heads.map((head) => [head.id, head.lastSeq]));
      for (const tail of tails) tail.join(ends.get(tail.facts.id) ?? 0);
    } catch (error) {
      for (const tail of tails) this.#forget(tail);
      throw error;
    }
  }

  #forget(tail: Tail): void {
    const { facts } = tail;
    tail.close();
    // Another one may have taken its place, and its channel.
    if (this.#tails.get(facts.id)?.tail !== tail) return;
    this.#tails.delete(facts.id);
    if (facts.kind === 'group') void this.#unsubscribe([`group:${facts.groupId}`]);
  }

  async #unsubscribe(channels: readonly Channel[]): Promise<void> {
    try {
      await this.#parts.bus.unsubscribe(channels);
    } catch (cause) {
      this.#parts.events.workFailed('unsubscribing', cause);
    }
  }
}
