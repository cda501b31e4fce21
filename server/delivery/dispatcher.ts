import type { Bus, BusEvent, Channel, Signal } from '../bus/bus.ts';
import type { Clock } from '../lib/clock.ts';
import type { Entry } from '../store/seam/entry.ts';
import type { ConversationFacts } from '../store/seam/records.ts';
import type { Activity, LogStore } from '../store/seam/log.ts';
import type { Events } from '../telemetry/events.ts';
import { Admissions } from './admissions.ts';
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
  readonly #admissions: Admissions;

  constructor(parts: DispatcherParts) {
    this.#parts = parts;
    this.#admissions = new Admissions({ ...parts, tails: this });
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

  isAttached(feed: Feed, conversationId: number): boolean {
    return this.#attached.get(feed)?.has(conversationId) ?? false;
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
        for (const feed of this.#feedsOf(event.userId)) void this.#admissions.admit(feed, event.conversationId);
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

  /**
   * What happened lately, as the log itself says: entries, first contacts, and who is in and out of groups. Heals what
   * the bus has lost; for what is known here already, nothing is read.
   */
  reconcile({ conversations, memberships }: Pick<Activity, 'conversations' | 'memberships'>): void {
    for (const { facts, lastSeq } of conversations) {
      this.#tails.get(facts.id)?.tail.reconcile(lastSeq);
      if (facts.kind === 'direct') for (const userId of facts.users) this.#reconcileUser(userId, facts.id, null);
    }
    const latest = new Map(memberships.map((change) => [`${change.userId}:${change.conversationId}`, change]));
    for (const { userId, conversationId, leftSeq } of latest.values()) {
      this.#reconcileUser(userId, conversationId, leftSeq);
    }
  }

  /** The log is another one: whoever attaches from now on reads anew where it ends. The streams are to be sent away. */
  forgetLog(): void {
    for (const { tail } of [...this.#tails.values()]) this.#forget(tail);
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
      for (const userId of [entry.senderId, entry.target.userId]) {
        for (const feed of this.#feedsOf(userId)) {
          if (!this.isAttached(feed, entry.conversationId)) void this.#admissions.meet(feed, entry.conversationId);
        }
      }
    }
    tail?.receive(entry, membersVersion);
  }

  #tell(userId: number, signal: Signal): void {
    for (const feed of this.#feedsOf(userId)) feed.tell(signal);
  }

  #feedsOf(userId: number): Iterable<Feed> {
    return this.#feeds.get(userId) ?? [];
  }

  /** The user has been in a conversation up to `leftSeq`; null: still is. */
  #reconcileUser(userId: number, conversationId: number, leftSeq: number | null): void {
    for (const feed of this.#feedsOf(userId)) this.#admissions.reconcile(feed, conversationId, leftSeq);
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
