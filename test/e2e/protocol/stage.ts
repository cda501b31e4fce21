import { randomUUID } from 'node:crypto';

import { AuthServiceService } from '../../../proto/gen/parley/v1/auth_service.pb.ts';
import { type Engine, startServer, type TestServer } from '../../cluster/start-server.ts';
import type { RawChat } from './raw-chat.ts';
import { PASSWORD, RawCaller, RawUser } from './raw-user.ts';

/** A server on an empty database, and the people who use it. */
export class Stage implements AsyncDisposable {
  readonly address: string;
  readonly caller: RawCaller;
  readonly #server: TestServer;
  readonly #chats = new Set<RawChat>();

  static async start(engine: Engine, environment: Readonly<Record<string, string>> = {}): Promise<Stage> {
    return new Stage(await startServer({ engine, environment }));
  }

  private constructor(server: TestServer) {
    this.#server = server;
    this.address = server.address;
    this.caller = new RawCaller(server.address);
  }

  /** A new user, logged in. The name is made unique. */
  async user(name: string): Promise<RawUser> {
    const unique = `${name}-${randomUUID().slice(0, 8)}`;
    await this.caller.call(AuthServiceService.register, { name: unique, password: PASSWORD });
    const request = { user: { $case: 'name', value: unique }, password: PASSWORD, deviceName: '' } as const;
    const { token, account } = await this.caller.call(AuthServiceService.login, request);
    const opened = (chat: RawChat) => this.#chats.add(chat);
    return new RawUser(account!, token, { address: this.address, caller: this.caller, opened });
  }

  async users<const Names extends readonly string[]>(...names: Names): Promise<{ [K in keyof Names]: RawUser }> {
    return (await Promise.all(names.map((name) => this.user(name)))) as { [K in keyof Names]: RawUser };
  }

  /** Ends all streams: for after each test. */
  async clear(): Promise<void> {
    const chats = [...this.#chats];
    this.#chats.clear();
    await Promise.all(chats.map((chat) => chat[Symbol.asyncDispose]()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.clear();
    this.caller[Symbol.dispose]();
    await this.#server.stop();
  }
}
