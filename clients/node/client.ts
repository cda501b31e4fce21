import { EventEmitter } from 'node:events';
import type { Welcome } from '../../proto/gen/parley/v1/chat.pb.ts';
import { AckBatcher } from './ack-batcher.ts';
import type { Endpoint } from './channel.ts';
import type { ChatConnection } from './chat-connection.ts';
import { ChatSession } from './chat-session.ts';
import type { ConnectionState } from './chat-session.ts';
import type { ClientEvents } from './client-events.ts';
import { systemClock } from './clock.ts';
import { CONNECT_TIMEOUT_MS } from './connect-options.ts';
import type { ConnectOptions } from './connect-options.ts';
import { clientClosed } from './errors.ts';
import { firstWelcome } from './first-welcome.ts';
import { FrameRouter } from './frame-router.ts';
import { GapFiller } from './gap-filler.ts';
import { Inbox } from './inbox.ts';
import { toFullContent } from './messages-api.ts';
import type { ContentInput } from './messages-api.ts';
import { Outbox } from './outbox.ts';
import type { SendOptions } from './outbox.ts';
import { login, ParleyApi } from './parley-api.ts';
import type { Cursors, Message, Position, SendReceipt, Target } from './types.ts';
import { fromContent } from './wire-messages.ts';
import { fromPosition, fromTarget } from './wire.ts';

const INBOX_BYTES = 8 * 1024 * 1024;
const OUTBOX_MESSAGES = 10_000;
const ACK_DELAY_MS = 100;
const ACK_MARKS = 100;
const GAP_WAIT_MS = 2_000;
const GAP_PAGE = 200;
const FRAME_RESERVE_BYTES = 16 * 1024;

/**
 * A user's live connection: sends, receives, and comes back by itself. Everything sent is stored once and keeps its
 * order; everything received is shown once, each conversation in the order of seq.
 */
export class ParleyClient extends EventEmitter<ClientEvents> implements AsyncDisposable {
  readonly #api: ParleyApi;
  readonly #session: ChatSession;
  readonly #inbox: Inbox;
  readonly #outbox: Outbox;
  readonly #acks = new AckBatcher({ clock: systemClock, delayMs: ACK_DELAY_MS, maxMarks: ACK_MARKS });
  readonly #reads = new AckBatcher({ clock: systemClock, delayMs: ACK_DELAY_MS, maxMarks: ACK_MARKS });
  readonly #gaps: GapFiller;
  readonly #autoAck: boolean;
  #connection: ChatConnection | undefined;
  #logEpoch: string | undefined;
  #self: { readonly id: number; readonly name: string } = { id: 0, name: '' };
  #state: ConnectionState = { state: 'connecting' };
  #isIterated = false;
  #isCaughtUp = false;

  /** Connects, and resolves once the server has welcomed. Rejects with a ParleyError. */
  static async connect(options: ConnectOptions): Promise<ParleyClient> {
    const { credentials, signal } = options;
    const token = options.token ?? (credentials && (await login(options, credentials, signal && { signal })).token);
    if (token === undefined) throw new TypeError('connect needs a token or credentials');
    const client = new ParleyClient(options, token);
    try {
      const welcomed = firstWelcome(client, options);
      client.#session.start();
      await welcomed;
      return client;
    } catch (error) {
      await client.close();
      throw error;
    }
  }

  private constructor(options: ConnectOptions, token: string) {
    super();
    const { address, tls, cursors, deviceName = '', inboxBytes = INBOX_BYTES } = options;
    const endpoint: Endpoint = { address, ...(tls !== undefined && { tls }) };
    this.#autoAck = options.autoAck ?? true;
    this.#logEpoch = cursors?.logEpoch;
    this.#api = new ParleyApi({ ...endpoint, token });
    this.#inbox = new Inbox({
      maxBytes: inboxBytes,
      onAckable: (position) => this.#acks.mark(position),
      onGap: (order) => this.#gaps.watch(order),
      onFill: () => this.#holdBack(),
    });
    this.on('caught-up', () => (this.#isCaughtUp = true));
    if (cursors) this.#inbox.restore(cursors.positions);
    this.#outbox = new Outbox({
      clock: systemClock,
      maxMessages: options.outboxMessages ?? OUTBOX_MESSAGES,
      random: Math.random,
      onActivity: () => this.#holdBack(),
    });
    const { inbox, outbox } = { inbox: this.#inbox, outbox: this.#outbox };
    const router = new FrameRouter({ inbox, outbox, acks: this.#acks, reads: this.#reads, events: this });
    this.#gaps = new GapFiller({
      clock: systemClock,
      inbox,
      waitMs: GAP_WAIT_MS,
      read: (conversationId, afterSeq, signal) =>
        this.#api.history.listMessages({ conversationId }, { afterSeq, pageSize: GAP_PAGE }, { signal }),
      deliver: (message) => router.deliver(message, { evenIfFull: true }),
      onLost: (conversationId, { afterSeq, toSeq }, error) =>
        this.emit('lost', { conversationId, fromSeq: afterSeq + 1, toSeq, error }),
    });
    this.#session = new ChatSession({
      endpoint,
      token,
      deviceName,
      welcomeTimeoutMs: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
      clock: systemClock,
      cursors: () =>
        this.#logEpoch === undefined ? undefined : { logEpoch: this.#logEpoch, positions: inbox.received() },
      onUp: (connection, welcome) => this.#up(connection, welcome),
      onDown: () => this.#down(),
      onDrain: () => outbox.flush(),
      onFrame: (frame) => router.route(frame),
      onState: (state) => this.#stateChanged(state),
    });
  }

  /** Accounts and sessions. */
  get auth(): ParleyApi['auth'] {
    return this.#api.auth;
  }

  get friends(): ParleyApi['friends'] {
    return this.#api.friends;
  }

  get groups(): ParleyApi['groups'] {
    return this.#api.groups;
  }

  get history(): ParleyApi['history'] {
    return this.#api.history;
  }

  /** Who the token stands for. */
  get self(): { readonly id: number; readonly name: string } {
    return this.#self;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Whether all that waited when the present stream opened has come. */
  get isCaughtUp(): boolean {
    return this.#isCaughtUp;
  }

  /**
   * Sends a message and resolves with its receipt once it is stored. Until then it is kept and, where that helps, sent
   * again: over reconnects, and after failures that may pass. Rejects with a ParleyError where nothing helps.
   */
  send(target: Target, content: ContentInput, options?: SendOptions): Promise<SendReceipt> {
    if (this.#state.state === 'closed') return Promise.reject(this.#state.error ?? clientClosed());
    return this.#outbox.send(target, toFullContent(content), options);
  }

  /**
   * Everything that comes, for one consumer at a time: each entry once, each conversation's in the order of seq, but
   * not what this client sends itself. Goes on over reconnects; ends after `close`; throws a ParleyError when the
   * server no longer wants this client. A loop that is left does not acknowledge the entry it was left at.
   */
  async *messages(): AsyncGenerator<Message, void, void> {
    if (this.#isIterated) throw new TypeError('messages() has a consumer already');
    this.#isIterated = true;
    try {
      for (let entry = await this.#inbox.take(); entry; entry = await this.#inbox.take()) {
        yield entry.message;
        if (this.#autoAck) this.#inbox.done(entry);
      }
    } finally {
      this.#isIterated = false;
    }
  }

  /** Acknowledges everything up to an entry that `messages()` gave. Throws OUT_OF_RANGE beyond that. */
  ack(position: Position): void {
    this.#inbox.acknowledge(position);
  }

  /** Marks everything up to an entry as read by the user. */
  read({ conversationId, seq }: Position): void {
    this.#reads.mark({ conversationId, seq });
  }

  /** Tells the other side that the user is typing, or has stopped. Told only while connected, and never stored. */
  typing(target: Target, { stopped = false } = {}): void {
    const value = { target: fromTarget(target), userId: 0n, conversationId: 0n, stopped };
    this.#connection?.write({ $case: 'typing', value });
  }

  /** What the consumer is done with: keep it, and give it to `connect` next time. Undefined before the first welcome. */
  cursors(): Cursors | undefined {
    return this.#logEpoch === undefined
      ? undefined
      : { logEpoch: this.#logEpoch, positions: this.#inbox.acknowledged() };
  }

  /** Resolves once everything that was sent has its receipt or was refused. */
  async drain(): Promise<void> {
    await this.#outbox.empty();
  }

  /** Ends everything: acknowledgements still go out; sends without a receipt are refused with CANCELLED. */
  async close(): Promise<void> {
    this.#acks.flush();
    this.#reads.flush();
    this.#outbox.close(clientClosed());
    this.#gaps.stop();
    await this.#session.close();
    this.#inbox.end();
    this.#api.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #up(connection: ChatConnection, welcome: Welcome): void {
    const { limits, logEpoch, userId, userName } = welcome;
    this.#connection = connection;
    this.#self = { id: Number(userId), name: userName };
    if (this.#logEpoch !== undefined && this.#logEpoch !== logEpoch) {
      this.#inbox.forgetAll();
      this.#acks.forgetAll();
      this.#reads.forgetAll();
    }
    this.#logEpoch = logEpoch;
    const maxPositions = limits?.maxPositions || 1_000;
    const wire = (positions: readonly Position[]) => ({ positions: positions.map(fromPosition) });
    this.#acks.attach((positions) => connection.write({ $case: 'ack', value: wire(positions) }), maxPositions);
    this.#reads.attach((positions) => connection.write({ $case: 'read', value: wire(positions) }), maxPositions);
    this.#outbox.attach({
      maxBatch: limits?.maxSendBatch || 100,
      maxBatchBytes: (limits?.maxFrameBytes || 1_048_576) - FRAME_RESERVE_BYTES,
      write: (batch) => {
        const messages = batch.map(({ clientMessageId, target, content }) => ({
          clientMessageId,
          target: fromTarget(target),
          content: fromContent(content),
        }));
        return connection.write({ $case: 'send', value: { messages } });
      },
    });
  }

  #down(): void {
    this.#isCaughtUp = false;
    this.#connection = undefined;
    this.#acks.detach();
    this.#reads.detach();
    this.#outbox.detach();
  }

  /** A consumer that is slow holds back the stream, but not while results are awaited: they come by the same way. */
  #holdBack(): void {
    this.#connection?.setPaused(this.#inbox.isFilling && !this.#outbox.isAwaiting);
  }

  #stateChanged(state: ConnectionState): void {
    this.#state = state;
    if (state.state === 'closed') {
      this.#outbox.close(state.error ?? clientClosed());
      this.#gaps.stop();
      this.#inbox.end(state.error);
    }
    this.emit('state', state);
  }
}
