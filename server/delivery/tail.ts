import type { Signal } from '../bus/bus.ts';
import { type Clock, pause } from '../lib/clock.ts';
import type { Entry } from '../store/seam/entry.ts';
import type { ConversationFacts, Period } from '../store/seam/records.ts';
import type { LogStore } from '../store/seam/log.ts';
import type { Events } from '../telemetry/events.ts';
import type { Feed } from './feed.ts';

export interface TailParts {
  readonly log: LogStore;
  readonly clock: Clock;
  readonly events: Events;
}

/** Commits of two replicas may be published out of order; a gap that lasts longer is read from the log. */
const GAP_WAIT_MS = 20;
const RETRY_AFTER_MS = 1_000;
/** The members_version while the audience was not read yet. */
const UNKNOWN = -1;
const FILL_LIMITS = { limit: 500, maxBytes: 1_048_576 };
/** Signals that wait until it is known who may hear of them; more are dropped. */
const MAX_SIGNALS = 1_000;
/** Entries kept while one before them is missing; more are read from the log again. */
const MAX_EARLY = 1_000;

/** What is told to the members of a group. */
export type GroupSignal = Exclude<Signal, { type: 'presence' }>;

interface Early {
  readonly entry: Entry;
  readonly membersVersion: number;
}

/**
 * The live end of one conversation's log, for the feeds of this replica. Entries come in any order, doubled or not at
 * all; they leave in the order of seq, without a gap, each to those whose period of membership covers its seq.
 */
export class Tail {
  readonly facts: ConversationFacts;
  readonly #parts: TailParts;
  readonly #feeds = new Map<number, Set<Feed>>();
  readonly #early = new Map<number, Early>();
  readonly #signals: GroupSignal[] = [];
  #periods = new Map<number, Period[]>();
  #membersVersion = UNKNOWN;
  /** The last seq that was handed to the feeds; null until the tail has joined the log. */
  #seen: number | null = null;
  /** The highest seq that is known to exist; that the bus has told of; that the log was said to end at. */
  #known = 0;
  #told = 0;
  #logged = 0;
  #pumping = false;
  #closed = false;

  constructor(facts: ConversationFacts, parts: TailParts) {
    this.facts = facts;
    this.#parts = parts;
    // Who may read a direct conversation never changes.
    if (facts.kind === 'direct') this.#membersVersion = Number.MAX_SAFE_INTEGER;
  }

  get seen(): number {
    return this.#seen ?? 0;
  }

  get idle(): boolean {
    return this.#feeds.size === 0;
  }

  /** Starts after `seq`, read after the subscription was confirmed: nothing later can be missed. */
  join(seq: number): void {
    this.#seen = seq;
    for (const early of this.#early.keys()) if (early <= seq) this.#early.delete(early);
    void this.#pump();
  }

  attach(feed: Feed): void {
    const feeds = this.#feeds.get(feed.userId);
    if (feeds === undefined) this.#feeds.set(feed.userId, new Set([feed]));
    else feeds.add(feed);
  }

  detach(feed: Feed): void {
    const feeds = this.#feeds.get(feed.userId);
    feeds?.delete(feed);
    if (feeds?.size === 0) this.#feeds.delete(feed.userId);
  }

  receive(entry: Entry, membersVersion: number): void {
    if (this.#seen !== null && entry.seq <= this.#seen) return;
    this.#told = Math.max(this.#told, entry.seq);
    if (this.#early.size < MAX_EARLY) this.#early.set(entry.seq, { entry, membersVersion });
    this.expect(entry.seq);
  }

  /** There are entries up to `seq`: those that didn't come are read from the log. */
  expect(seq: number): void {
    if (seq <= this.#known) return;
    this.#known = seq;
    void this.#pump();
  }

  /** The log itself says that there are entries up to `seq`. */
  reconcile(seq: number): void {
    this.#logged = seq;
    this.expect(seq);
  }

  /**
   * A signal for the members of the group. It is judged at the end of the log, by those who are in it there: nobody
   * hears of what goes on without them. What has passed by then, typing, is lost.
   */
  tell(signal: GroupSignal): void {
    if (this.#seen === null || this.#signals.length >= MAX_SIGNALS) return;
    if (signal.type === 'typing' && this.#pumping) return;
    this.#signals.push(signal);
    this.expect(reachOf(signal));
    void this.#pump();
  }

  close(): void {
    this.#closed = true;
  }

  async #pump(): Promise<void> {
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      while (!this.#closed && this.#seen !== null) {
        if (this.#seen < this.#known) await this.#step(this.#seen + 1);
        else if (this.#signals.length > 0) await this.#handSignals(this.#seen);
        else break;
      }
    } finally {
      this.#pumping = false;
    }
  }

  async #step(seq: number): Promise<void> {
    const next = this.#early.get(seq);
    if (next === undefined) {
      await pause(this.#parts.clock, GAP_WAIT_MS);
      if (!this.#early.has(seq)) await this.#retrying('filling a gap', () => this.#fill(seq));
      return;
    }
    if (next.membersVersion > this.#membersVersion) {
      await this.#retrying('reading an audience', () => this.#loadAudience(seq - 1));
    }
    if (this.#closed) return;
    this.#early.delete(seq);
    this.#seen = seq;
    this.#hand(next.entry);
  }

  #hand(entry: Entry): void {
    for (const [userId, feeds] of this.#feeds) {
      if (!this.#mayRead(userId, entry.seq)) continue;
      for (const feed of feeds) feed.offer(entry);
    }
  }

  async #handSignals(seen: number): Promise<void> {
    if (this.#membersVersion === UNKNOWN) {
      // An entry may come meanwhile: then it goes first.
      return this.#retrying('reading an audience', () => this.#loadAudience(seen));
    }
    for (const signal of this.#signals.splice(0)) {
      // Beyond the log's end: of another epoch, or damaged.
      if (reachOf(signal) > seen || !this.#isMember(signal.userId)) continue;
      for (const [userId, feeds] of this.#feeds) {
        if (userId === signal.userId || !this.#isMember(userId)) continue;
        for (const feed of feeds) feed.tell(signal);
      }
    }
  }

  #isMember(userId: number): boolean {
    return this.#periods.get(userId)?.some(({ leftSeq }) => leftSeq === null) ?? false;
  }

  #mayRead(userId: number, seq: number): boolean {
    if (this.facts.kind === 'direct') return this.facts.users.includes(userId);
    const periods = this.#periods.get(userId) ?? [];
    return periods.some(({ joinedSeq, leftSeq }) => joinedSeq <= seq && (leftSeq === null || seq <= leftSeq));
  }

  /** The audience is read after the entries: a leave that stands between them is known by then. */
  async #fill(seq: number): Promise<void> {
    const entries = await this.#parts.log.read(this.facts.id, seq - 1, FILL_LIMITS);
    if (entries.length === 0) {
      // What was announced is not in the log: another epoch, or a damaged envelope.
      this.#parts.events.workFailed('filling a gap', new Error(`no entry ${seq} in conversation ${this.facts.id}`));
      this.#known = seq - 1;
      this.#early.clear();
      return;
    }
    await this.#loadAudience(seq - 1);
    this.#countLost(entries);
    for (const entry of entries) this.#early.set(entry.seq, { entry, membersVersion: this.#membersVersion });
  }

  /** Beyond what the bus has told of: without the look into the log, nobody here would have heard of them yet. */
  #countLost(entries: readonly Entry[]): void {
    const lost = entries.filter(({ seq }) => seq > this.#told && seq <= this.#logged).length;
    if (lost > 0) this.#parts.events.gapsFound('entry', lost);
  }

  async #loadAudience(afterSeq: number): Promise<void> {
    if (this.facts.kind === 'direct') return;
    const audience = await this.#parts.log.audience(this.facts.id, afterSeq);
    this.#periods = Map.groupBy(audience.periods, (period) => period.userId);
    this.#membersVersion = audience.membersVersion;
  }

  async #retrying(work: string, action: () => Promise<void>): Promise<void> {
    while (!this.#closed) {
      try {
        return await action();
      } catch (cause) {
        this.#parts.events.workFailed(work, cause);
        await pause(this.#parts.clock, RETRY_AFTER_MS);
      }
    }
  }
}

/** The seq that a signal tells of: 0 where of none. */
function reachOf(signal: GroupSignal): number {
  return signal.type === 'receipt' ? Math.max(signal.deliveredSeq, signal.readSeq) : 0;
}
