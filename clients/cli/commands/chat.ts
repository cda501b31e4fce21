import type { Command } from 'commander';
import type { Message, ParleyClient } from '../../node/index.ts';
import { connectClient, withApi } from '../account-session.ts';
import { CliError } from '../cli-error.ts';
import { describeMessage, describePlace, describeTime } from '../describe-message.ts';
import { LineMode } from '../line-mode.ts';
import { safeLine } from '../safe-text.ts';
import { findPeer, isWith } from '../target.ts';
import type { Peer } from '../target.ts';

/** How long leaving waits for receipts. */
const DRAIN_MS = 5_000;

export function addChatCommand(program: Command): void {
  program
    .command('chat')
    .description('talk with a user or in a group, a line at a time; first comes what was missed. Ctrl-D ends')
    .argument('<target>', "a user (ann or @ann) or a group ('#1' or group:1)")
    .addHelpText('after', "\nExamples:\n  $ parley chat bob\n  $ parley chat group:1\n  $ parley chat '#1'")
    .action(async (to: string, _options: unknown, command: Command) => {
      await withApi(command, async (api) => {
        const peer = await findPeer(api, to);
        await using client = await connectClient(command, { autoAck: false });
        await new ChatScreen(client, peer).run();
      });
    });
}

/** One conversation on a terminal. */
class ChatScreen {
  readonly #client: ParleyClient;
  readonly #peer: Peer;
  readonly #lines = new LineMode();
  readonly #elsewhere = new Set<number>();
  #unsent = 0;
  #missed = 0;
  #isCaughtUp = false;
  #failure: unknown;

  constructor(client: ParleyClient, peer: Peer) {
    this.#client = client;
    this.#peer = peer;
  }

  /** Returns when the user ends it; throws when the server does, or when something could not be sent. */
  async run(): Promise<void> {
    this.#watchConnection();
    const receiving = this.#receive().catch((error: unknown) => {
      this.#failure = error;
      this.#lines.close();
    });
    for await (const line of this.#lines) {
      if (line.trim() !== '') this.#send(line);
    }
    if (this.#failure === undefined) await this.#drain();
    this.#lines.close();
    await this.#client.close();
    await receiving;
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#unsent > 0) throw new CliError(`${this.#unsent} of your messages were not sent`);
  }

  #send(text: string): void {
    this.#unsent += 1;
    this.#client.send(this.#peer.target, text).then(
      () => (this.#unsent -= 1),
      (error: Error) => this.#lines.notice(`not sent: ${safeLine(text)} (${safeLine(error.message)})`),
    );
  }

  async #receive(): Promise<void> {
    for await (const message of this.#client.messages()) {
      if (!isWith(this.#peer.target, message, this.#client.self.id)) {
        // Not acknowledged, so that it comes again where it is looked for.
        this.#tellOf(message);
        continue;
      }
      this.#show(message);
      this.#client.ack(message);
      this.#client.read(message);
      const { body } = message;
      const isLeaving = body.kind === 'membership' && (body.change === 'removed' || body.change === 'left');
      if (isLeaving && body.userId === this.#client.self.id) this.#lines.close();
    }
  }

  #show(message: Message): void {
    const text = describeMessage(message);
    if (text === undefined) return;
    const isMissed = !this.#isCaughtUp && message.senderId !== this.#client.self.id;
    if (isMissed && this.#missed === 0) this.#lines.notice('while you were away:');
    if (isMissed) this.#missed += 1;
    this.#lines.print(`[${describeTime(message.createTime, new Date())}] ${text}`);
  }

  #tellOf(message: Message): void {
    if (message.body.kind !== 'content' || this.#elsewhere.has(message.conversationId)) return;
    this.#elsewhere.add(message.conversationId);
    const place = describePlace(message, this.#client.self.id);
    this.#lines.notice(`something new at ${place}: parley chat ${place.replace('#', 'group:').replace('@', '')}`);
  }

  #watchConnection(): void {
    const client = this.#client;
    let isLost = false;
    if (client.isCaughtUp) this.#caughtUp();
    else client.once('caught-up', () => this.#caughtUp());
    client.on('state', ({ state }) => {
      if (state === 'waiting' && !isLost) {
        isLost = true;
        this.#lines.notice('the connection is lost; trying again. What you write is kept');
      } else if (state === 'connected' && isLost) {
        isLost = false;
        this.#lines.notice('connected again');
      }
    });
    client.on('presence', ({ userId, state }) => {
      const { target, title } = this.#peer;
      if ('userId' in target && target.userId === userId && state !== 'unknown') {
        this.#lines.notice(`${safeLine(title)} is ${state}`);
      }
    });
  }

  #caughtUp(): void {
    // What came before is still being shown.
    setImmediate(() => {
      this.#isCaughtUp = true;
      if (this.#missed > 0) this.#lines.notice('you are up to date');
      this.#lines.start(`talking with ${safeLine(this.#peer.title)}; Ctrl-D ends`);
    });
  }

  async #drain(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, DRAIN_MS)));
    await Promise.race([this.#client.drain(), late]);
    clearTimeout(timer);
  }
}
