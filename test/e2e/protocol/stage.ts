import { randomUUID } from 'node:crypto';

import type { ChannelCredentials } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll } from '@jest/globals';

import { AuthServiceService } from '../../../proto/gen/parley/v1/auth_service.pb.ts';
import { type Engine, startServer, type TestServer } from '../../cluster/start-server.ts';
import { RawChat } from './raw-chat.ts';
import { PASSWORD, RawCaller, RawUser } from './raw-user.ts';

/** A server on an empty database, and the people who use it. */
export class Stage {
  readonly caller: RawCaller;
  readonly #server: TestServer;
  readonly #channel: ChannelCredentials | undefined;
  readonly #chats = new Set<RawChat>();

  /** @param channel without TLS unless told */
  constructor(server: TestServer, channel?: ChannelCredentials) {
    this.#server = server;
    this.#channel = channel;
    this.caller = new RawCaller(server.address, channel);
  }

  get address(): string {
    return this.#server.address;
  }

  /** A stream that has said nothing yet, with any token or none. */
  open(token?: string): RawChat {
    const chat = new RawChat(this.address, token, this.#channel);
    this.#chats.add(chat);
    return chat;
  }

  /** A new user, logged in. The name is made unique. */
  async user(name: string): Promise<RawUser> {
    const unique = `${name}-${randomUUID().slice(0, 8)}`;
    await this.caller.call(AuthServiceService.register, { name: unique, password: PASSWORD });
    const request = { user: { $case: 'name', value: unique }, password: PASSWORD, deviceName: '' } as const;
    const { token, account } = await this.caller.call(AuthServiceService.login, request);
    return this.#user(account!, token);
  }

  /** A session that is there already, used from here. */
  as(user: RawUser): RawUser {
    return this.#user(user, user.token);
  }

  async users<const Names extends readonly string[]>(...names: Names): Promise<{ [K in keyof Names]: RawUser }> {
    return (await Promise.all(names.map((name) => this.user(name)))) as { [K in keyof Names]: RawUser };
  }

  /** Ends all streams. */
  async clear(): Promise<void> {
    const chats = [...this.#chats];
    this.#chats.clear();
    await Promise.all(chats.map((chat) => chat[Symbol.asyncDispose]()));
  }

  async close(): Promise<void> {
    await this.clear();
    this.caller[Symbol.dispose]();
    await this.#server.stop();
  }

  #user(account: { readonly id: bigint; readonly name: string }, token: string): RawUser {
    return new RawUser(account, token, { caller: this.caller, open: (opened) => this.open(opened) });
  }
}

/**
 * A stage that the tests of one `describe` share; streams end with their test.
 *
 * @param environment PARLEY_* variables of the server
 */
export function useStage(engine: Engine, environment: Readonly<Record<string, string>> = {}): () => Stage {
  let stage: Stage | undefined;
  beforeAll(async () => {
    stage = new Stage(await startServer({ engine, environment }));
  });
  afterEach(() => stage?.clear());
  afterAll(() => stage?.close());
  return () => {
    if (stage === undefined) throw new Error('the stage is there from the first beforeAll on');
    return stage;
  };
}
