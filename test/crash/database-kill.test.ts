import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

import type { OutgoingMessage, SendReceipt } from '../../proto/gen/parley/v1/chat.pb.ts';
import { AuthServiceService } from '../../proto/gen/parley/v1/auth_service.pb.ts';
import { ServerProcess } from '../cluster/server-process.ts';
import { hello, numbered, send, textMessage, toGroup, toUser } from '../e2e/protocol/frames.ts';
import type { RawChat } from '../e2e/protocol/raw-chat.ts';
import { readStatus, type RichStatus } from '../e2e/protocol/rich-status.ts';
import { Stage } from '../e2e/protocol/stage.ts';
import { RestartableMariadb } from '../store/restartable-mariadb.ts';
import { readLogs } from './log-reader.ts';

const COUNT = 4_000;
/** The database is killed when so many are acknowledged: the others are under way. */
const KILL_AFTER = 300;
/** The store gives an answer within 5 s; the rest is the machine's. */
const ANSWERED_WITHIN_MS = 7_000;

let mariadb: RestartableMariadb;
let stage: Stage;

beforeAll(async () => {
  mariadb = await RestartableMariadb.start();
  const environment = { PARLEY_DATABASE_URL: mariadb.url, PARLEY_MIGRATE_AT_START: 'true' };
  stage = new Stage(await ServerProcess.start(environment));
}, 60_000);
afterAll(async () => {
  await stage.close();
  await mariadb[Symbol.asyncDispose]();
}, 60_000);

/** Sends messages as the contract's page asks for it: what may be sent again is, in order, on the same stream. */
class Sending {
  readonly receipts = new Map<string, SendReceipt>();
  readonly failures: RichStatus[] = [];
  waiting: readonly OutgoingMessage[];
  readonly #chat: RawChat;

  constructor(chat: RawChat, messages: readonly OutgoingMessage[]) {
    this.#chat = chat;
    this.waiting = messages;
  }

  /** Sends everything that waits, one frame each, and takes all results. Messages that failed wait again. */
  async round(onReceipts: (count: number) => void = () => undefined): Promise<void> {
    for (const message of this.waiting) this.#chat.send(send(message));
    for (let answered = 0; answered < this.waiting.length;) {
      const { results } = await this.#chat.next('sendResults');
      answered += results.length;
      for (const { clientMessageId, outcome } of results) {
        if (outcome?.$case === 'receipt') this.receipts.set(clientMessageId, outcome.value);
        else this.failures.push(readStatus(outcome!.value));
      }
      onReceipts(this.receipts.size);
    }
    this.waiting = this.waiting.filter(({ clientMessageId }) => !this.receipts.has(clientMessageId));
  }
}

test('MariaDB is killed under load and started again: sends fail as unavailable, then all of them are stored once', async () => {
  const [ann, bob] = await stage.users('ann', 'bob');
  const group = await ann.createGroup('tea');
  await bob.join(group);
  const [annChat, bobChat] = [await ann.connect(), await bob.connect()];
  const targets = [toUser(bob.id), toGroup(group.id)];
  const messages = numbered('m', COUNT).map((text, index) => textMessage(targets[index % targets.length]!, text));

  const sending = new Sending(annChat, messages);
  let killed: Promise<void> | undefined;
  await sending.round((count) => {
    if (count >= KILL_AFTER) killed ??= mariadb.kill();
  });
  await killed;
  const acknowledged = new Map(sending.receipts);
  expect(acknowledged.size).toBeGreaterThanOrEqual(KILL_AFTER);
  expect(acknowledged.size).toBeLessThan(COUNT);
  expect(sending.failures).toHaveLength(COUNT - acknowledged.size);
  for (const failure of sending.failures) {
    expect(failure.code).toBe(status.UNAVAILABLE);
    expect(['STORE_UNAVAILABLE', 'OUTCOME_UNKNOWN', 'EARLIER_SEND_FAILED']).toContain(failure.reason);
  }

  // Meanwhile nothing hangs: streams that are open live, new ones and calls are told to come later.
  const unavailable = { code: status.UNAVAILABLE, reason: 'STORE_UNAVAILABLE' };
  const begun = performance.now();
  const late = ann.open();
  late.send(hello());
  const answers = await Promise.all([
    ann.post(messages.at(-1)!).catch((error: unknown) => error),
    ann.call(AuthServiceService.getAccount, { user: undefined }).catch((error: unknown) => error),
    late.status(),
  ]);
  await annChat.settled();
  await bobChat.settled();
  expect(performance.now() - begun).toBeLessThan(ANSWERED_WITHIN_MS);
  expect(answers).toMatchObject([unavailable, unavailable, unavailable]);

  await mariadb.start();
  while (sending.waiting.length > 0) await sending.round();

  // The log holds each message once, in the order of sending, where its receipts say.
  expect(sending.receipts.size).toBe(COUNT);
  const logs = await readLogs(stage.address, { userId: Number(bob.id), token: bob.token });
  const stored = [...logs.values()].map((log) => log.filter(({ body }) => body?.$case === 'content'));
  expect(stored).toHaveLength(targets.length);
  for (const log of stored) {
    const [first] = log;
    const sent = messages.filter(({ target }) => target!.target!.$case === first!.target!.target!.$case);
    expect(log.map(({ clientMessageId }) => clientMessageId)).toEqual(sent.map((message) => message.clientMessageId));
    expect(log.map(({ seq }) => seq)).toEqual(sent.map((_, index) => first!.seq + BigInt(index)));
    for (const { clientMessageId, seq } of log) {
      const seqs = [acknowledged, sending.receipts].flatMap((receipts) => receipts.get(clientMessageId)?.seq ?? []);
      expect(new Set(seqs)).toEqual(new Set([seq]));
    }
  }

  // And Bob, whose stream was there all the time, was given just that.
  const told = await bobChat.entries(COUNT);
  for (const log of stored) {
    expect(told.filter(({ conversationId }) => conversationId === log[0]!.conversationId)).toEqual(log);
  }
  await bobChat.settled();
  expect(bobChat.waiting.filter((kind) => kind !== 'receipts')).toEqual([]);
}, 60_000);
