import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { eachItem, login, ParleyApi, ParleyClient, register } from '../../clients/node/index.ts';
import type { Account, ConnectOptions, Message } from '../../clients/node/index.ts';
import { ServerProcess } from '../cluster/server-process.ts';

const PASSWORD = 'correct horse battery';

let server: ServerProcess;
let clients: ParleyClient[] = [];
let users = 0;

beforeAll(async () => {
  server = await ServerProcess.start();
}, 60_000);

afterEach(async () => {
  await Promise.all(clients.map((client) => client.close()));
  clients = [];
});

afterAll(() => server[Symbol.asyncDispose]());

interface User {
  readonly account: Account;
  readonly token: string;
}

async function newUser(): Promise<User> {
  users += 1;
  const account = await register(server, `user.${process.pid}.${users}`, PASSWORD);
  const { token } = await login(server, { userId: account.id, password: PASSWORD });
  return { account, token };
}

async function connect({ token }: User, options: Partial<ConnectOptions> = {}): Promise<ParleyClient> {
  const client = await ParleyClient.connect({ address: server.address, token, ...options });
  clients.push(client);
  return client;
}

function textOf({ body }: Message): string {
  return body.kind === 'content' ? body.content.text : body.kind;
}

async function take(messages: AsyncGenerator<Message>, count: number): Promise<Message[]> {
  const taken: Message[] = [];
  while (taken.length < count) {
    const next = await messages.next();
    if (next.done === true) throw new Error(`ended after ${taken.length} of ${count}`);
    taken.push(next.value);
  }
  return taken;
}

const numbered = (count: number, prefix = 'm'): string[] => Array.from({ length: count }, (_, n) => `${prefix}${n}`);

describe('accounts', () => {
  test('register, log in, look up, log out', async () => {
    const { account, token } = await newUser();
    using api = new ParleyApi({ address: server.address, token });
    expect(await api.auth.getAccount()).toEqual(account);
    expect(await api.auth.getAccount({ name: account.name.toUpperCase() })).toEqual(account);
    await api.auth.logout();
    await expect(api.auth.getAccount()).rejects.toMatchObject({ code: 'UNAUTHENTICATED', reason: 'TOKEN_INVALID' });
  });

  test('tells what is wrong by code, reason and field', async () => {
    const { account } = await newUser();
    await expect(register(server, account.name, PASSWORD)).rejects.toMatchObject({ reason: 'NAME_TAKEN' });
    await expect(register(server, 'x', PASSWORD)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      reason: 'INVALID_FIELD',
      violations: [{ field: 'name' }],
    });
    await expect(login(server, { name: account.name, password: 'wrong one' })).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
      reason: 'CREDENTIALS_INVALID',
      retryable: false,
    });
  });

  test('a call can be aborted, and has a deadline', async () => {
    const { token } = await newUser();
    using api = new ParleyApi({ address: server.address, token });
    const signal = AbortSignal.abort();
    await expect(api.friends.list({}, { signal })).rejects.toMatchObject({ code: 'CANCELLED', reason: 'ABORTED' });
    await expect(api.friends.list({}, { timeoutMs: 0 })).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
  });
});

describe('friends and groups', () => {
  test('two users become friends', async () => {
    const [ann, bob] = [await newUser(), await newUser()];
    using annApi = new ParleyApi({ address: server.address, token: ann.token });
    using bobApi = new ParleyApi({ address: server.address, token: bob.token });
    expect(await annApi.friends.add({ name: bob.account.name })).toEqual({
      status: 'requested',
      userId: bob.account.id,
    });
    expect((await bobApi.friends.listRequests()).items).toMatchObject([{ account: ann.account, outgoing: false }]);
    await bobApi.friends.accept(ann.account.id);
    expect((await annApi.friends.list()).items).toMatchObject([{ account: bob.account }]);
    await annApi.friends.remove(bob.account.id);
    expect((await bobApi.friends.list()).items).toEqual([]);
  });

  test('a group is made once, listed page by page, and its changes come as entries', async () => {
    const [ann, bob] = [await newUser(), await newUser()];
    const annClient = await connect(ann);
    const requestId = '0190d3c1-7b2a-7000-8000-000000000001';
    const group = await annClient.groups.create({ name: 'team', description: 'us', requestId });
    expect(await annClient.groups.create({ name: 'team', description: 'us', requestId })).toEqual(group);
    await annClient.groups.create({ name: 'other' });
    await annClient.groups.invite(group.id, bob.account.id);

    const bobClient = await connect(bob);
    const names: string[] = [];
    for await (const { name } of eachItem((pageToken) => annClient.groups.list({ pageSize: 1, pageToken }))) {
      names.push(name);
    }
    expect(names).toEqual(['team', 'other']);
    expect((await bobClient.groups.listMembers(group.id)).items).toMatchObject([
      { account: ann.account, role: 'owner' },
      { account: bob.account, role: 'member' },
    ]);
    const bobMessages = bobClient.messages();
    expect((await take(bobMessages, 1))[0]).toMatchObject({
      target: { groupId: group.id },
      body: { kind: 'membership', change: 'invited', userId: bob.account.id, role: 'member' },
    });
    await annClient.send({ groupId: group.id }, 'welcome');
    expect((await take(bobMessages, 1)).map(textOf)).toEqual(['welcome']);
    await bobClient.groups.leave(group.id);
    await expect(bobClient.send({ groupId: group.id }, 'late')).rejects.toMatchObject({ reason: 'NOT_A_MEMBER' });
  });
});

describe('messages', () => {
  test('come in order, once, and not to the one who sent them', async () => {
    const [ann, bob] = [await newUser(), await newUser()];
    const [annClient, bobClient] = [await connect(ann), await connect(bob)];
    const texts = numbered(500);
    const receipts = await Promise.all(texts.map((text) => annClient.send({ userId: bob.account.id }, text)));
    expect(receipts.map(({ seq }) => seq)).toEqual(texts.map((_, index) => index + 1));
    expect((await take(bobClient.messages(), 500)).map(textOf)).toEqual(texts);
    await bobClient.send({ userId: ann.account.id }, 'answer');
    expect((await take(annClient.messages(), 1)).map(textOf)).toEqual(['answer']);
  });

  test('go to the other devices of the one who sent them', async () => {
    const [ann, bob] = [await newUser(), await newUser()];
    const [desk, phone] = [await connect(ann), await connect(ann)];
    await desk.send({ userId: bob.account.id }, 'from the desk');
    expect(await take(phone.messages(), 1)).toMatchObject([
      { senderId: ann.account.id, target: { userId: bob.account.id } },
    ]);
  });

  test('wait for who is away, and are not given again once they were taken', async () => {
    const [ann, bob] = [await newUser(), await newUser()];
    const annClient = await connect(ann);
    const texts = numbered(50);
    for (const text of texts) void annClient.send({ userId: bob.account.id }, text);
    await annClient.drain();

    const first = await connect(bob, { autoAck: false });
    const waited = await take(first.messages(), 50);
    expect(waited.map(textOf)).toEqual(texts);
    first.ack(waited[29]!);
    await first.close();

    const second = await connect(bob);
    const messages = second.messages();
    expect((await take(messages, 20)).map(textOf)).toEqual(texts.slice(30));
    const more = messages.next();
    await annClient.send({ userId: bob.account.id }, 'new');
    expect(textOf((await more).value!)).toBe('new');
  });

  test('resume from cursors that the client kept', async () => {
    const [ann, bob] = [await newUser(), await newUser()];
    const [annClient, first] = [await connect(ann), await connect(bob)];
    await Promise.all(numbered(3).map((text) => annClient.send({ userId: bob.account.id }, text)));
    const messages = first.messages();
    const seen = await take(messages, 3);
    const kept = { ...first.cursors()!, positions: [{ conversationId: seen[0]!.conversationId, seq: 1 }] };
    void messages.next();
    await first.close();
    const second = await connect(bob, { cursors: kept });
    expect((await take(second.messages(), 2)).map(textOf)).toEqual(['m1', 'm2']);
  });

  test('of a refused kind are rejected one by one, and the stream goes on', async () => {
    const [ann, bob] = [await newUser(), await newUser()];
    const annClient = await connect(ann);
    const target = { userId: bob.account.id };
    await expect(annClient.send(target, 'x'.repeat(8_193))).rejects.toMatchObject({ reason: 'INVALID_FIELD' });
    await expect(annClient.send(target, 'x'.repeat(2_000_000))).rejects.toMatchObject({ reason: 'INVALID_FIELD' });
    await expect(annClient.send({ userId: 2 ** 52 }, 'x')).rejects.toMatchObject({ reason: 'USER_NOT_FOUND' });
    const clientMessageId = '0190d3c1-7b2a-7000-8000-000000000002';
    const first = await annClient.send(target, 'once', { clientMessageId });
    expect(await annClient.send(target, 'once', { clientMessageId })).toEqual(first);
    await expect(annClient.send(target, 'other', { clientMessageId })).rejects.toMatchObject({
      code: 'ALREADY_EXISTS',
      reason: 'CLIENT_MESSAGE_ID_REUSED',
    });
    expect(annClient.state).toEqual({ state: 'connected' });
  });
});

describe('the connection', () => {
  test('ends for good when its token is revoked', async () => {
    const ann = await newUser();
    const client = await connect(ann);
    const next = client.messages().next();
    const ended = expect(next).rejects.toMatchObject({ code: 'UNAUTHENTICATED', reason: 'TOKEN_INVALID' });
    await client.auth.logout();
    await ended;
    expect(client.state).toMatchObject({ state: 'closed' });
  });

  test.each(['kill', 'stop'] as const)(
    'survives the server being ended (%s): each message once, in order',
    async (end) => {
      const [ann, bob] = [await newUser(), await newUser()];
      const [annClient, bobClient] = [await connect(ann), await connect(bob)];
      const texts = numbered(400);
      const received = take(bobClient.messages(), texts.length);
      const sent: Promise<unknown>[] = [];
      const lost = once(bobClient, 'state');
      for (const [index, text] of texts.entries()) {
        sent.push(annClient.send({ userId: bob.account.id }, text));
        if (index === 200) {
          await sent[100];
          await server[end]();
          await lost;
          await server.start();
        }
      }
      await Promise.all(sent);
      expect((await received).map(textOf)).toEqual(texts);
      const { items } = await annClient.history.listMessages(
        { userId: bob.account.id },
        { afterSeq: 0, pageSize: 200 },
      );
      expect(items.map(textOf)).toEqual(texts.slice(0, 200));
    },
    60_000,
  );
});
