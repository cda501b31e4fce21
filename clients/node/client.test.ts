import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ScriptedServer, textEntry } from '../../test/sdk/scripted-server.ts';
import type { ScriptedStream } from '../../test/sdk/scripted-server.ts';
import { ParleyClient } from './client.ts';
import type { ConnectOptions } from './connect-options.ts';
import type { Message } from './types.ts';

let server: ScriptedServer;
let clients: ParleyClient[];

beforeEach(async () => {
  server = await ScriptedServer.start();
  clients = [];
});

afterEach(async () => {
  await Promise.all(clients.map((client) => client.close()));
  await server[Symbol.asyncDispose]();
});

async function connect(
  options: Partial<ConnectOptions> = {},
): Promise<{ client: ParleyClient; stream: ScriptedStream }> {
  const connecting = ParleyClient.connect({ address: server.address, token: 'secret', ...options });
  const stream = await server.nextStream();
  await stream.welcome();
  const client = await connecting;
  clients.push(client);
  return { client, stream };
}

async function take(messages: AsyncGenerator<Message>, count: number): Promise<number[]> {
  const seqs: number[] = [];
  while (seqs.length < count) {
    const next = await messages.next();
    if (next.done === true) throw new Error(`ended after ${seqs.length} of ${count}`);
    seqs.push(next.value.seq);
  }
  return seqs;
}

/** Whether a promise is still pending after everything that is under way has been handled by both sides. */
async function isPending(promise: Promise<unknown>, client: ParleyClient, stream: ScriptedStream): Promise<boolean> {
  let settled = false;
  void promise.then(() => (settled = true));
  const told = once(client, 'typing');
  stream.send({ $case: 'typing', value: { userId: 2 } });
  await told;
  await new Promise((resolve) => setImmediate(resolve));
  return !settled;
}

describe('connecting', () => {
  test('sends the token, and knows who it is', async () => {
    const { client, stream } = await connect();
    expect(stream.token).toBe('Bearer secret');
    expect(client.self).toEqual({ id: 1, name: 'ann' });
    expect(client.state).toEqual({ state: 'connected' });
  });

  test('tells why the server does not want it, and does not try again', async () => {
    const connecting = ParleyClient.connect({ address: server.address, token: 'old' });
    const refused = expect(connecting).rejects.toMatchObject({ code: 'UNAUTHENTICATED', reason: 'TOKEN_INVALID' });
    (await server.nextStream()).fail('UNAUTHENTICATED', 'TOKEN_INVALID');
    await refused;
  });

  test('tries again while the server is away, and gives up in time with the last cause', async () => {
    const started = ParleyClient.connect({ address: 'unix:/nonexistent/s.sock', token: 't', connectTimeoutMs: 700 });
    await expect(started).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  test('can be aborted', async () => {
    const abort = new AbortController();
    const connecting = ParleyClient.connect({ address: server.address, token: 't', signal: abort.signal });
    const refused = expect(connecting).rejects.toMatchObject({ code: 'CANCELLED', reason: 'ABORTED' });
    const stream = await server.nextStream();
    abort.abort();
    await refused;
    await stream.ended;
  });
});

describe('receiving', () => {
  test('resumes after a lost stream from what came, without doubling or losing', async () => {
    const { client, stream } = await connect();
    const messages = client.messages();
    stream.deliver({ seq: 4 }, { seq: 5 }, { conversationId: 8, seq: 1 });
    expect(await take(messages, 3)).toEqual([4, 5, 1]);
    stream.fail('INTERNAL');

    const second = await server.nextStream();
    expect(await second.next('hello')).toMatchObject({ hasCursors: true, logEpoch: 'epoch-1' });
    const { positions } = await second.next('helloCursors');
    expect(positions).toEqual([
      { conversationId: 7n, seq: 5n },
      { conversationId: 8n, seq: 1n },
    ]);
    await second.next('helloDone');
    second.send({ $case: 'welcome', value: { userId: 1, logEpoch: 'epoch-1' } });
    second.deliver({ seq: 5 }, { seq: 6 });
    expect(await take(messages, 1)).toEqual([6]);
  });

  test('shows what came before the stream broke, even with the error that is for good', async () => {
    const { client, stream } = await connect();
    stream.deliver({ seq: 1 });
    stream.fail('UNAUTHENTICATED', 'TOKEN_INVALID');
    const messages = client.messages();
    expect(await take(messages, 1)).toEqual([1]);
    await expect(messages.next()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    await expect(client.send({ userId: 2 }, 'late')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  test('holds back what comes early, and lets skip and own sends fill the gap', async () => {
    const { client, stream } = await connect();
    const messages = client.messages();
    stream.deliver({ seq: 1 });
    expect(await take(messages, 1)).toEqual([1]);
    stream.deliver({ seq: 5 });
    const next = take(messages, 1);
    expect(await isPending(next, client, stream)).toBe(true);
    stream.send({ $case: 'skip', value: { conversationId: 7, fromSeq: 2, toSeq: 3 } });
    expect(await isPending(next, client, stream)).toBe(true);
    const sent = client.send({ userId: 2 }, 'hi', { clientMessageId: 'a' });
    await stream.nextSends(1);
    stream.receipt('a', 7, 4);
    expect(await next).toEqual([5]);
    expect(await sent).toMatchObject({ conversationId: 7, seq: 4 });
  });

  test('reads a gap that stays from the log', async () => {
    const { client, stream } = await connect();
    const asked: unknown[] = [];
    server.listMessages = (request) => {
      asked.push(request.position);
      return { conversationId: 7, messages: [textEntry({ seq: 2 }), textEntry({ seq: 4 }), textEntry({ seq: 5 })] };
    };
    stream.deliver({ seq: 1 }, { seq: 5 });
    // 3 is not for this user: the log leaves it out.
    expect(await take(client.messages(), 4)).toEqual([1, 2, 4, 5]);
    expect(asked).toEqual([{ $case: 'afterSeq', value: 1n }]);
  });

  test('acknowledges an entry once the consumer asks for the next, and own sends with it', async () => {
    const { client, stream } = await connect();
    const messages = client.messages();
    const sent = client.send({ userId: 2 }, 'hi', { clientMessageId: 'a' });
    await stream.nextSends(1);
    stream.deliver({ seq: 1 }, { seq: 2 });
    stream.receipt('a', 7, 3);
    await sent;
    expect(await take(messages, 2)).toEqual([1, 2]);
    await stream.acked(7, 1);
    void messages.next();
    await stream.acked(7, 3);
    expect(client.cursors()).toEqual({ logEpoch: 'epoch-1', positions: [{ conversationId: 7, seq: 3 }] });
  });

  test('acknowledges by hand only, if asked to, and never beyond what was given', async () => {
    const { client, stream } = await connect({ autoAck: false });
    stream.deliver({ seq: 1 }, { seq: 2 }, { seq: 3 });
    expect(await take(client.messages(), 2)).toEqual([1, 2]);
    expect(client.cursors()?.positions).toEqual([{ conversationId: 7, seq: 0 }]);
    expect(() => client.ack({ conversationId: 7, seq: 3 })).toThrow('not given yet');
    client.ack({ conversationId: 7, seq: 2 });
    await stream.acked(7, 2);
  });

  test('goes on from a reset, and drops what waited of the old log', async () => {
    const { client, stream } = await connect();
    const reset = once(client, 'reset');
    stream.deliver({ seq: 10 }, { conversationId: 8, seq: 1 });
    stream.send({ $case: 'reset', value: { conversationId: 7, seq: 2 } });
    stream.deliver({ seq: 3, text: 'new log' });
    expect(await reset).toEqual([{ conversationId: 7, seq: 2 }]);
    expect(await take(client.messages(), 2)).toEqual([1, 3]);
  });

  test('holds back the stream for a slow consumer, so that nothing has to be read again', async () => {
    const total = 600;
    const { client, stream } = await connect({ inboxBytes: 200_000 });
    let reads = 0;
    server.listMessages = () => {
      reads += 1;
      return {};
    };
    for (let seq = 1; seq <= total; seq += 1) stream.deliver({ seq, text: 'x'.repeat(4_000) });
    const messages = client.messages();
    for (let seq = 1; seq <= total; seq += 1) {
      expect(await take(messages, 1)).toEqual([seq]);
      // The consumer's work.
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(reads).toBe(0);
  });

  test('lets results through while nobody reads, keeps what waits bounded, and loses nothing', async () => {
    const total = 600;
    const { client, stream } = await connect({ inboxBytes: 40_000 });
    const text = 'x'.repeat(1_000);
    const readAfter: number[] = [];
    server.listMessages = ({ position }) => {
      const after = position?.$case === 'afterSeq' ? Number(position.value) : 0;
      readAfter.push(after);
      const seqs = Array.from({ length: Math.min(20, total - after) }, (_, index) => after + 1 + index);
      const isLast = after + seqs.length >= total;
      return { messages: seqs.map((seq) => textEntry({ seq, text })), nextPageToken: isLast ? '' : 'more' };
    };
    const sent = client.send({ groupId: 9 }, 'hi', { clientMessageId: 'a' });
    await stream.nextSends(1);
    for (let seq = 1; seq <= total; seq += 1) stream.deliver({ seq, text });
    stream.receipt('a', 9, 1);
    await sent;
    const seqs = await take(client.messages(), total);
    expect(seqs).toEqual(Array.from({ length: total }, (_, index) => index + 1));
    // Only what found room was kept: the log was read from there on.
    expect(readAfter[0]).toBeLessThan(40);
  });

  test('ends the loop when it is closed', async () => {
    const { client, stream } = await connect();
    const next = client.messages().next();
    await client.close();
    expect(await next).toEqual({ done: true, value: undefined });
    await stream.ended;
    expect(client.state).toEqual({ state: 'closed', error: undefined });
  });
});

describe('sending', () => {
  test('sends again after a lost stream, in order and under the same ids', async () => {
    const { client, stream } = await connect();
    const sends = ['a', 'b', 'c'].map((id) => client.send({ userId: 2 }, id, { clientMessageId: id }));
    await stream.nextSends(3);
    stream.receipt('a', 7, 1);
    await sends[0];
    stream.fail('UNAVAILABLE', 'DRAINING');
    const second = await server.nextStream();
    await second.next('hello');
    await second.next('helloCursors');
    await second.next('helloDone');
    second.send({ $case: 'welcome', value: { userId: 1, logEpoch: 'epoch-1' } });
    const again = await second.nextSends(2);
    expect(again.map(({ clientMessageId }) => clientMessageId)).toEqual(['b', 'c']);
    second.receipt('b', 7, 2);
    second.receipt('c', 7, 3);
    expect((await Promise.all(sends)).map(({ seq }) => seq)).toEqual([1, 2, 3]);
  });

  test('takes an own entry that comes back for the receipt that was lost, and shows it to nobody', async () => {
    const { client, stream } = await connect();
    const sent = client.send({ userId: 2 }, 'hi', { clientMessageId: 'a' });
    await stream.nextSends(1);
    stream.deliver({ seq: 1, clientMessageId: 'a' }, { seq: 2 });
    expect(await sent).toMatchObject({ conversationId: 7, seq: 1 });
    expect(await take(client.messages(), 1)).toEqual([2]);
  });

  test('sends again what failed in a way that passes, with all that followed it, in order', async () => {
    const { client, stream } = await connect();
    const sends = ['a', 'b'].map((id) => client.send({ userId: 2 }, id, { clientMessageId: id }));
    await stream.nextSends(2);
    stream.refuse('a', 'UNAVAILABLE', 'OUTCOME_UNKNOWN');
    stream.refuse('b', 'UNAVAILABLE', 'EARLIER_SEND_FAILED');
    const again = await stream.nextSends(2);
    expect(again.map(({ clientMessageId }) => clientMessageId)).toEqual(['a', 'b']);
    stream.receipt('a', 7, 1);
    stream.receipt('b', 7, 2);
    expect((await Promise.all(sends)).map(({ seq }) => seq)).toEqual([1, 2]);
  });

  test('rejects what is refused for good, and goes on with the rest', async () => {
    const { client, stream } = await connect();
    const bad = client.send({ userId: 2 }, 'bad', { clientMessageId: 'a' });
    const good = client.send({ userId: 2 }, 'good', { clientMessageId: 'b' });
    await stream.nextSends(2);
    const refused = expect(bad).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
      reason: 'RECIPIENT_UNAVAILABLE',
      retryable: false,
    });
    stream.refuse('a', 'PERMISSION_DENIED', 'RECIPIENT_UNAVAILABLE');
    stream.receipt('b', 7, 1);
    await refused;
    expect(await good).toMatchObject({ seq: 1 });
  });

  test('refuses beyond its bound, and everything when it is closed', async () => {
    const { client } = await connect({ outboxMessages: 1 });
    const first = expect(client.send({ userId: 2 }, '1')).rejects.toMatchObject({ reason: 'CLIENT_CLOSED' });
    await expect(client.send({ userId: 2 }, '2')).rejects.toMatchObject({ reason: 'OUTBOX_FULL' });
    await client.close();
    await first;
    await expect(client.send({ userId: 2 }, '3')).rejects.toMatchObject({ reason: 'CLIENT_CLOSED' });
  });
});

describe('the connection', () => {
  test('pings, and comes back when the server falls silent', async () => {
    const connecting = ParleyClient.connect({ address: server.address, token: 't' });
    const stream = await server.nextStream();
    await stream.welcome({ heartbeatInterval: { seconds: 0n, nanos: 20_000_000 }, heartbeatMisses: 3 });
    clients.push(await connecting);
    expect((await stream.next('ping')).nonce).toBe(1n);
    const second = await server.nextStream();
    await stream.ended;
    expect(await second.next('hello')).toMatchObject({ hasCursors: true });
  });

  test.each([
    [1, 'draining'],
    [4, 'max-age'],
    [5, 'log-replaced'],
  ])('comes back when it is asked to, after the time it is given (reason %d, %s)', async (reason, name) => {
    const { client, stream } = await connect();
    const waiting = once(client, 'state');
    const told = once(client, 'go-away');
    stream.send({
      $case: 'goAway',
      value: { reason, reconnect: true, reconnectAfter: { seconds: 0n, nanos: 30_000_000 } },
    });
    stream.fail('UNAVAILABLE', 'DRAINING');
    expect(await told).toEqual([{ reason: name, reconnect: true, reconnectAfterMs: 30 }]);
    expect(await waiting).toMatchObject([{ state: 'waiting', retryInMs: 30 }]);
    await server.nextStream();
  });

  test('drops its positions when the log was replaced', async () => {
    const { client, stream } = await connect();
    const messages = client.messages();
    stream.deliver({ seq: 9 });
    await take(messages, 1);
    stream.fail('UNAVAILABLE');
    const second = await server.nextStream();
    await second.next('hello');
    await second.next('helloCursors');
    await second.next('helloDone');
    second.send({ $case: 'welcome', value: { userId: 1, logEpoch: 'epoch-2' } });
    second.send({ $case: 'reset', value: { conversationId: 7, seq: 0 } });
    second.deliver({ seq: 1 });
    expect(await take(messages, 1)).toEqual([1]);
    expect(client.cursors()).toMatchObject({ logEpoch: 'epoch-2' });
  });
});
