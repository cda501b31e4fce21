import { type Clock, pause } from '../lib/clock.ts';
import type { LogStore } from '../store/seam/log.ts';
import type { ConversationFacts, Standing } from '../store/seam/records.ts';
import type { Events } from '../telemetry/events.ts';
import type { Feed } from './feed.ts';

export interface AdmissionsParts {
  readonly log: Pick<LogStore, 'standing' | 'readVisible'>;
  readonly tails: {
    isAttached(feed: Feed, conversationId: number): boolean;
    attach(feed: Feed, conversations: readonly ConversationFacts[]): Promise<void>;
    exit(feed: Feed): void;
  };
  readonly clock: Clock;
  readonly events: Events;
}

const RETRY_AFTER_MS = 1_000;

/** Takes streams that are up into conversations that they didn't have, and out of those that their user has left. */
export class Admissions {
  readonly #parts: AdmissionsParts;
  readonly #underWay = new Set<string>();

  constructor(parts: AdmissionsParts) {
    this.#parts = parts;
  }

  /** A first contact: streams that began before the conversation was made are taken in, once. */
  meet(feed: Feed, conversationId: number): Promise<void> {
    return this.#once(feed, conversationId, async () => {
      if (!this.#parts.tails.isAttached(feed, conversationId)) await this.admit(feed, conversationId);
    });
  }

  /**
   * The log says that the user was in the conversation up to `leftSeq`; null: still is. Does nothing, and reads nothing,
   * where the stream is in or out likewise.
   */
  reconcile(feed: Feed, conversationId: number, leftSeq: number | null): void {
    if (this.#isSettled(feed, conversationId, leftSeq)) return;
    void this.#once(feed, conversationId, async () => {
      if (feed.closed || this.#isSettled(feed, conversationId, leftSeq)) return;
      this.#parts.events.gapsFound('conversation', 1);
      await this.admit(feed, conversationId);
    });
  }

  /** The user has joined, joined again, or left: looks which, and sees that the stream gets what is theirs. */
  async admit(feed: Feed, conversationId: number): Promise<void> {
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
    if (feed.closed) this.#parts.tails.exit(feed);
  }

  /** One that is out has all up to the end. */
  #isSettled(feed: Feed, conversationId: number, leftSeq: number | null): boolean {
    const attached = this.#parts.tails.isAttached(feed, conversationId);
    return leftSeq === null ? attached : !attached && feed.position(conversationId) >= leftSeq;
  }

  /** Once the stream has its first places, and never twice at a time for one conversation. */
  async #once(feed: Feed, conversationId: number, work: () => Promise<void>): Promise<void> {
    const key = `${feed.id}:${conversationId}`;
    if (this.#underWay.has(key)) return;
    this.#underWay.add(key);
    await feed.begun;
    await work();
    this.#underWay.delete(key);
  }

  async #takeIn(feed: Feed, standing: Standing): Promise<void> {
    const { facts, visibleTo } = standing;
    // A read that is under way, and finds the user out, must not end what begins here.
    feed.rejoins(facts.id);
    // For somebody who is out again already, the log suffices.
    if (visibleTo === null) await this.#parts.tails.attach(feed, [facts]);
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
}
