import { AuthApi } from './auth-api.ts';
import type { Credentials } from './auth-api.ts';
import type { Endpoint } from './channel.ts';
import { FriendsApi } from './friends-api.ts';
import { GroupsApi } from './groups-api.ts';
import { HistoryApi } from './history-api.ts';
import { MessagesApi } from './messages-api.ts';
import type { Account, Login } from './types.ts';
import { UnaryCaller } from './unary-caller.ts';
import type { UnaryOptions } from './unary-caller.ts';

/** Where the server is, and who calls. */
export interface ApiOptions extends Endpoint {
  /** Needed for everything but `auth.register` and `auth.login`. */
  readonly token?: string;
}

/** The unary calls of the contract, without a stream: the user does not appear online by them. */
export class ParleyApi implements Disposable {
  readonly auth: AuthApi;
  readonly friends: FriendsApi;
  readonly groups: GroupsApi;
  readonly history: HistoryApi;
  readonly messages: MessagesApi;
  readonly #caller: UnaryCaller;

  constructor(options: ApiOptions) {
    this.#caller = new UnaryCaller(options, options.token);
    this.auth = new AuthApi(this.#caller);
    this.friends = new FriendsApi(this.#caller);
    this.groups = new GroupsApi(this.#caller);
    this.history = new HistoryApi(this.#caller);
    this.messages = new MessagesApi(this.#caller);
  }

  /** Ends the connection; calls under way are cancelled. */
  close(): void {
    this.#caller.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** Opens an account, without a client. It does not log in. */
export async function register(
  endpoint: Endpoint,
  name: string,
  password: string,
  options?: UnaryOptions,
): Promise<Account> {
  using api = new ParleyApi(endpoint);
  return await api.auth.register(name, password, options);
}

/** Gives a new token, without a client. */
export async function login(endpoint: Endpoint, credentials: Credentials, options?: UnaryOptions): Promise<Login> {
  using api = new ParleyApi(endpoint);
  return await api.auth.login(credentials, options);
}
