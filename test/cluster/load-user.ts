import { setTimeout as pause } from 'node:timers/promises';

import { jitteredDelayMs } from '../../clients/node/reconnect-policy.ts';
import type { GoAway, OutgoingMessage, SendResult } from '../../proto/gen/parley/v1/chat.pb.ts';
import type { ChatResponse } from '../../proto/gen/parley/v1/chat_service.pb.ts';
import type { Message, Target } from '../../proto/gen/parley/v1/message.pb.ts';
import { readStatus, readTrailers, type RichStatus } from '../e2e/protocol/rich-status.ts';
import { ChatPeer, type Login } from './chat-peer.ts';
import { ReceivedLog } from './received-log.ts';
import { ResendQueue } from './resend-queue.ts';

const BACKOFF = { baseMs: 200, capMs: 2_000 };
const ACK_EVERY_MS = 200;
/** CANCELLED (of one's own), UNKNOWN, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, ABORTED, INTERNAL, UNAVAILABLE. */
const PASSING = new Set([1, 2, 4, 8, 10, 13, 14]);

/** What a user tells when it happens. */
export interface LoadEvents {
  acknowledged(clientMessageId: string): void;
  received(message: Message): void;
  /** A stream is open again and has given what waited, so long after the one before it ended. */
  resumed(downMs: number): void;
}

/** A user who sends and receives on one stream, comes back when it ends, and sends again what has no result. */
export class LoadUser {
  readonly login: Login;
  readonly queue = new ResendQueue();
  readonly log = new ReceivedLog();
  /** What sending again or coming back can't help. */
  readonly failures: string[] = [];
  readonly #address: string;
  readonly #events: LoadEvents;
  readonly #stop = new AbortController();
  readonly #acking: NodeJS.Timeout;
  #peer: ChatPeer | undefined;
  #isOpen = false;
  #hasNews = false;
  #failuresInARow = 0;
  #downSince: number | undefined;
  #goAway: GoAway | undefined;

  constructor(login: Login, address: string, events: LoadEvents) {
    this.login = login;
    this.#address = address;
    this.#events = events;
    this.#acking = setInterval(() => this.#acknowledge(), ACK_EVERY_MS);
  }

  /** Resolves after `stop`. */
  async run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      this.log.opened();
      this.#goAway = undefined;
      const peer = new ChatPeer(this.#address, this.login.token, (frame) => this.#take(peer, frame));
      this.#peer = peer;
      const status = readTrailers(await peer.ended);
      this.#isOpen = false;
      this.#downSince ??= performance.now();
      if (this.#stop.signal.aborted) return;
      if (!PASSING.has(status.code)) this.failures.push(`the stream ended with ${describe(status)}`);
      await this.#beforeReconnecting();
    }
  }

  /** Sends a new message, now or as soon as there is a stream. Gives its id. */
  send(target: Target, text: string): string {
    const message = this.queue.add(target, text);
    if (this.#isOpen) this.#write(message);
    return message.clientMessageId;
  }

  stop(): void {
    clearInterval(this.#acking);
    this.#acknowledge();
    this.#stop.abort();
    this.#peer?.close();
  }

  #take(peer: ChatPeer, frame: NonNullable<ChatResponse['frame']>): void {
    switch (frame.$case) {
      case 'welcome':
        this.#isOpen = true;
        for (const message of this.queue.unanswered) this.#write(message);
        break;
      case 'caughtUp':
        this.#failuresInARow = 0;
        if (this.#downSince !== undefined) this.#events.resumed(performance.now() - this.#downSince);
        this.#downSince = undefined;
        break;
      case 'deliver':
        for (const message of frame.value.messages) if (this.log.take(message)) this.#events.received(message);
        this.#hasNews = true;
        break;
      case 'sendResults':
        for (const result of frame.value.results) this.#settle(peer, result);
        break;
      case 'goAway':
        this.#goAway = frame.value;
        break;
      case 'frameError':
        this.failures.push(`a frame was refused: ${frame.value.frame} ${frame.value.error?.message}`);
        break;
      default:
    }
  }

  #settle(peer: ChatPeer, result: SendResult): void {
    if (result.outcome?.$case === 'error') {
      const status = readStatus(result.outcome.value);
      if (!PASSING.has(status.code)) this.failures.push(`a message was refused: ${describe(status)}`);
      // Everything is sent again, in order, on a new stream.
      peer.close();
    } else if (this.queue.settle(result) !== undefined) {
      this.#events.acknowledged(result.clientMessageId);
    }
  }

  #write(message: OutgoingMessage): void {
    this.#peer?.send({ $case: 'send', value: { messages: [message] } });
  }

  #acknowledge(): void {
    if (!this.#hasNews) return;
    this.#hasNews = false;
    this.#peer?.send({ $case: 'ack', value: { positions: this.log.positions() } });
  }

  async #beforeReconnecting(): Promise<void> {
    const asked = this.#goAway?.reconnectAfter;
    const delayMs =
      asked === undefined
        ? jitteredDelayMs(this.#failuresInARow, Math.random(), BACKOFF)
        : Number(asked.seconds) * 1_000 + asked.nanos / 1_000_000;
    this.#failuresInARow += 1;
    // Rejects when the user is stopped meanwhile.
    await pause(delayMs, undefined, { signal: this.#stop.signal }).catch(() => undefined);
  }
}

function describe({ code, reason, message }: RichStatus): string {
  return `${code} ${reason} ${message}`;
}
