import { checkDeviceName } from '../accounts/accounts.ts';
import type { Caller, Sessions } from '../accounts/sessions.ts';
import type { Clock } from '../lib/clock.ts';
import { DomainError } from '../lib/errors.ts';
import { jittered } from '../lib/jitter.ts';
import type { CursorWriter } from '../messages/cursor-writer.ts';
import type { Lane, SendOutcome } from '../messages/send.ts';
import type { OutgoingMessage, Sender } from '../messages/sender.ts';
import type { Typing } from '../messages/typing.ts';
import type { Presence } from '../presence/presence.ts';
import type { Target, UserRecord } from '../store/seam/records.ts';
import type { Store } from '../store/seam/store.ts';
import type { Events } from '../telemetry/events.ts';
import type { Dispatcher } from './dispatcher.ts';
import { type Departure, draining } from './draining.ts';
import { Feed } from './feed.ts';
import { Handshake, type Hello } from './handshake.ts';
import { Liveness, type LivenessOptions } from './liveness.ts';
import type { Position } from './marks.ts';
import type { GoAwayReason } from './outbound.ts';
import { Outbox, type OutboxLimits } from './outbox.ts';
import type { ClientCursors } from './starting-places.ts';
import { StreamMarks } from './stream-marks.ts';
import { StreamSends } from './stream-sends.ts';
import { StreamSignals } from './stream-signals.ts';
import { StreamTyping } from './stream-typing.ts';
import type { Streams } from './streams.ts';
import { attachPlaces, beginAtPlaces } from './take-places.ts';

export interface ChatParts {
  readonly store: Store;
  readonly sender: Sender;
  readonly typing: Typing;
  readonly cursors: CursorWriter;
  readonly dispatcher: Dispatcher;
  readonly streams: Streams;
  readonly presence: Presence;
  readonly sessions: Sessions;
  readonly clock: Clock;
  readonly events: Events;
  readonly liveness: LivenessOptions;
  readonly outbox: OutboxLimits;
  /** A stream is sent away when it is so old, or a tenth older or younger; 0: never. */
  readonly maxAgeMs: number;
}

/**
 * One Chat stream, from its hello to its end. Frames come in one after the other; what goes out waits in the outbox.
 * A method that throws a DomainError ends the stream with it; what concerns one item only is answered in the stream.
 */
export class ChatSession {
  readonly caller: Caller;
  readonly outbox: Outbox;
  /** Resolves when the stream is over: null after an orderly end, the reason otherwise. */
  readonly ended: Promise<DomainError | null>;
  readonly #parts: ChatParts;
  readonly #feed: Feed;
  readonly #handshake: Handshake;
  readonly #liveness: Liveness;
  readonly #sends = new StreamSends();
  readonly #marks: StreamMarks;
  readonly #typing: StreamTyping;
  readonly #caughtUp = Promise.withResolvers<void>();
  #user: UserRecord;
  readonly #departsAt: number;
  #departure: Departure | null = null;
  #end!: (reason: DomainError | null) => void;
  #started = false;
  #over = false;

  constructor(caller: Caller, parts: ChatParts) {
    this.caller = caller;
    this.#user = caller.user;
    this.#parts = parts;
    this.outbox = new Outbox(parts.outbox);
    const { id } = caller.user;
    const { store, sender, dispatcher, cursors, clock, events } = parts;
    const { outbox } = this;
    const signals = new StreamSignals(id, outbox, clock);
    this.#feed = new Feed(id, { log: store.log, tails: dispatcher, sends: sender, outbox, signals, clock, events });
    this.#marks = new StreamMarks(id, { feed: this.#feed, signals, cursors, outbox });
    this.#typing = new StreamTyping(id, parts, (error) => this.frameError('typing', error));
    this.#handshake = new Handshake();
    this.#liveness = new Liveness(clock, parts.liveness);
    this.#departsAt = parts.maxAgeMs === 0 ? Infinity : clock.monotonic() + jittered(parts.maxAgeMs);
    this.ended = new Promise((resolve) => (this.#end = resolve));
    parts.streams.add(this);
  }

  /** As others see them now. */
  get user(): UserRecord {
    return this.#user;
  }

  /** Resolves when the stream is given what is published for its user, its own revocation too; or when it is over. */
  get begun(): Promise<void> {
    return this.#feed.begun;
  }

  /**
   * Any frame counts as life. Call before handling it: resolves when there is room for its answers, with whether the
   * stream still takes frames.
   */
  async frameArrived(): Promise<boolean> {
    this.#liveness.received();
    await this.outbox.room();
    return !this.#over;
  }

  /** A frame was accepted by the transport. */
  frameWritten(): void {
    this.#liveness.written();
  }

  async hello(hello: Hello): Promise<void> {
    checkDeviceName(hello.deviceName, 'hello.device_name');
    const protocolVersion = this.#handshake.hello(hello);
    const { user, session } = this.caller;
    const logEpoch = await this.#parts.store.logEpoch();
    this.outbox.pushNotice({
      type: 'welcome',
      user,
      sessionId: session.id,
      protocolVersion,
      logEpoch,
      serverTime: this.#parts.clock.now(),
    });
    this.#parts.events.streamOpened(user.id, session.id, hello.deviceName);
    if (!hello.hasCursors) await this.#start(null, logEpoch);
  }

  helloCursors(positions: readonly Position[]): void {
    this.#handshake.addCursors(positions);
  }

  async helloDone(): Promise<void> {
    const cursors = this.#handshake.done();
    await this.#start(cursors, await this.#parts.store.logEpoch());
  }

  /** Resolves when the message is queued; its result comes through the outbox. */
  async send(message: OutgoingMessage): Promise<void> {
    this.#handshake.requireHello();
    if (this.#over) return;
    if (this.#departure !== null) return this.refuse(message.clientMessageId, draining(this.#departure));
    this.#parts.presence.active(this.caller.user.id);
    let lane: Lane;
    try {
      lane = this.#sends.started(message.target);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      return this.refuse(message.clientMessageId, error);
    }
    await this.#parts.sender.send(this.#user, message, lane, (outcome) => this.#settle(message.target, outcome));
  }

  /** An item that was refused before it could become a message. */
  refuse(clientMessageId: string, error: DomainError): void {
    this.#handshake.requireHello();
    this.outbox.pushResult({ ok: false, clientMessageId, error });
  }

  ack(positions: readonly Position[]): void {
    this.#handshake.requireHello();
    this.#mark('ack', positions);
  }

  read(positions: readonly Position[]): void {
    this.#handshake.requireHello();
    this.#parts.presence.active(this.caller.user.id);
    this.#mark('read', positions);
  }

  /** Told to others beside the stream's next frames; only what is refused is answered. */
  typing(target: Target, stopped: boolean): void {
    this.#handshake.requireHello();
    if (this.#over) return;
    this.#parts.presence.active(this.caller.user.id);
    this.#typing.take(target, stopped);
  }

  ping(nonce: bigint): void {
    this.#handshake.requireHello();
    this.outbox.pushNotice({ type: 'pong', nonce });
  }

  frameError(frame: string, error: DomainError): void {
    this.#handshake.requireHello();
    this.outbox.pushNotice({ type: 'frame-error', frame, conversationId: 0, error });
  }

  /** The client is asked to come back, and still gets its results; what it sends from here on is refused. */
  async goAway(why: Departure): Promise<void> {
    if (this.#departure !== null || this.#over) return;
    this.#departure = why;
    this.#tellToGo(why, Math.random() * 1_000);
    await this.#sends.settled();
    this.end(draining(why));
  }

  /** What the user was called as the stream began: what it was told since then is newer. */
  nameUserAtBegin(user: UserRecord): void {
    if (this.#user === this.caller.user) this.#user = user;
  }

  /** What the user is called in what is sent from here on. */
  nameUser(user: UserRecord): void {
    this.#user = user;
  }

  revoked(): void {
    this.#tellToGo('token_invalid');
    this.end(new DomainError('TOKEN_INVALID', 'the token was revoked; log in again'));
  }

  /** The client says no more: it still gets its results and what waited for it. */
  async finish(): Promise<void> {
    await this.#sends.settled();
    if (this.#started) await this.#caughtUp.promise;
    this.end(null);
  }

  /** Once a second: heartbeats and their limits, and the stream's age. */
  tick(): void {
    if (this.#parts.clock.monotonic() >= this.#departsAt) void this.goAway('max_age');
    const verdict = this.#liveness.judge({ welcomed: this.#started, outboxEmpty: this.outbox.empty });
    if (verdict === 'beat') this.outbox.pushNotice({ type: 'pong', nonce: 0n });
    else if (verdict !== null) {
      if (verdict.reason === 'SLOW_CONSUMER') this.#tellToGo('slow_consumer', verdict.retryAfterMs);
      this.end(verdict);
    } else if (this.#started) this.#parts.sessions.noteUse(this.caller.session);
  }

  /** Ends the stream; what waits in the outbox is still written. */
  end(reason: DomainError | null): void {
    if (this.#over) return;
    this.#over = true;
    const { user, session } = this.caller;
    this.#parts.streams.remove(this);
    this.#parts.dispatcher.exit(this.#feed);
    if (this.#started) this.#parts.presence.leave(user.id);
    this.#parts.events.streamEnded(user.id, session.id, reason?.reason ?? 'closed');
    void this.#parts.cursors.flush().catch((cause: unknown) => this.#parts.events.workFailed('writing cursors', cause));
    this.#end(reason);
    this.outbox.close();
  }

  /** Whether and when to come back: never where no time is given. */
  #tellToGo(reason: GoAwayReason, afterMs?: number): void {
    this.outbox.pushNotice({ type: 'go-away', reason, reconnect: afterMs !== undefined, afterMs: afterMs ?? 0 });
  }

  async #start(cursors: ClientCursors | null, logEpoch: string): Promise<void> {
    try {
      await this.#takePlaces(cursors, logEpoch);
    } finally {
      // The stream may have ended meanwhile: nothing of it stays behind.
      if (this.#over) this.#parts.dispatcher.exit(this.#feed);
    }
  }

  /** Attach first, then read from the cursors, then go over to the live end. */
  async #takePlaces(cursors: ClientCursors | null, logEpoch: string): Promise<void> {
    const { dispatcher, presence } = this.#parts;
    const places = await attachPlaces(this.#feed, this.#parts, cursors, logEpoch);
    if (this.#over) return;
    this.#started = true;
    presence.arrive(this.#feed.userId);
    beginAtPlaces(places, { feed: this.#feed, dispatcher, outbox: this.outbox });
    this.#feed.begin(() => {
      this.outbox.pushNotice({ type: 'caught-up' });
      this.#caughtUp.resolve();
    });
  }

  #mark(frame: 'ack' | 'read', positions: readonly Position[]): void {
    // Of another log, they say nothing of this one, and may lie beyond its end.
    if (this.#departure !== 'log_replaced') this.#marks.take(frame, positions);
  }

  #settle(target: Target, outcome: SendOutcome): void {
    if (outcome.ok) this.#feed.noteOwn(outcome.receipt.conversationId, outcome.receipt.seq);
    this.outbox.pushResult(outcome);
    this.#sends.finished(target);
  }
}
