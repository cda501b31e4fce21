import { AuthServiceClient } from '../../proto/gen/parley/v1/auth_service.pb.ts';
import type { Account, AccountSettings, Login, Page, PageOptions, Session } from './types.ts';
import type { UnaryCaller, UnaryOptions } from './unary-caller.ts';
import { toAccount, toInt64, toLogin, toSession } from './wire.ts';

/** Who somebody is: by id, or by name in any case. */
export type UserRef = { readonly userId: number } | { readonly name: string };

/** What a login needs. */
export type Credentials = UserRef & {
  readonly password: string;
  /** What to call the session in `listSessions`: at most 64 characters. Default: empty. */
  readonly deviceName?: string;
};

/** What can be changed of one's own account; what is not given stays. */
export interface AccountChanges extends Partial<AccountSettings> {
  readonly name?: string;
}

export function fromUserRef(user: UserRef) {
  return 'userId' in user
    ? ({ $case: 'userId', value: toInt64(user.userId) } as const)
    : ({ $case: 'name', value: user.name } as const);
}

/** Accounts and sessions. The errors of each method are those of its rpc in `auth_service.proto`, as ParleyError. */
export class AuthApi {
  readonly #caller: UnaryCaller;
  readonly #service: AuthServiceClient;

  constructor(caller: UnaryCaller) {
    this.#caller = caller;
    this.#service = caller.service(AuthServiceClient);
  }

  /** Opens an account: a name of 3 to 32 characters, a password of 8 to 256. Needs no token; does not log in. */
  async register(name: string, password: string, options?: UnaryOptions): Promise<Account> {
    const service = this.#service;
    const { account } = await this.#caller.call(service.register.bind(service), { name, password }, options);
    return toAccount(account);
  }

  /** Gives a new token. Needs none. */
  async login(credentials: Credentials, options?: UnaryOptions): Promise<Login> {
    const { password, deviceName = '' } = credentials;
    const request = { user: fromUserRef(credentials), password, deviceName };
    return toLogin(await this.#caller.call(this.#service.login.bind(this.#service), request, options));
  }

  /** Ends the session of this client's token, and its open streams. */
  async logout(options?: UnaryOptions): Promise<void> {
    await this.#caller.call(this.#service.logout.bind(this.#service), {}, options);
  }

  /** Gives an account; without `user`, one's own. */
  async getAccount(user?: UserRef, options?: UnaryOptions): Promise<Account> {
    const service = this.#service;
    const request = { user: user && fromUserRef(user) };
    const { account } = await this.#caller.call(service.getAccount.bind(service), request, options);
    return toAccount(account);
  }

  /** Gives one's own settings. */
  async getSettings(options?: UnaryOptions): Promise<AccountSettings> {
    const service = this.#service;
    const { settings } = await this.#caller.call(service.getAccount.bind(service), { user: undefined }, options);
    return settings ?? { presenceHidden: false };
  }

  /** Changes one's own account: the fields that are given. */
  async updateAccount(changes: AccountChanges, options?: UnaryOptions): Promise<Account> {
    const service = this.#service;
    const request = {
      account: { id: 0n, name: changes.name ?? '', createTime: undefined, deleted: false },
      settings: { presenceHidden: changes.presenceHidden ?? false },
      updateMask: [
        ...(changes.name === undefined ? [] : ['name']),
        ...(changes.presenceHidden === undefined ? [] : ['presence_hidden']),
      ],
    };
    const { account } = await this.#caller.call(service.updateAccount.bind(service), request, options);
    return toAccount(account);
  }

  /** Changes the password and ends all other sessions. */
  async changePassword(currentPassword: string, newPassword: string, options?: UnaryOptions): Promise<void> {
    const service = this.#service;
    await this.#caller.call(service.changePassword.bind(service), { currentPassword, newPassword }, options);
  }

  /** Lists one's open sessions, the newest first. */
  async listSessions(page: PageOptions = {}, options?: UnaryOptions): Promise<Page<Session>> {
    const service = this.#service;
    const request = { pageSize: page.pageSize ?? 0, pageToken: page.pageToken ?? '' };
    const response = await this.#caller.call(service.listSessions.bind(service), request, options);
    return { items: response.sessions.map(toSession), nextPageToken: response.nextPageToken };
  }

  /** Ends one of one's sessions, and its open streams. */
  async revokeSession(sessionId: number, options?: UnaryOptions): Promise<void> {
    const service = this.#service;
    await this.#caller.call(service.revokeSession.bind(service), { sessionId: toInt64(sessionId) }, options);
  }

  /** Deletes one's account. */
  async deleteAccount(password: string, options?: UnaryOptions): Promise<void> {
    await this.#caller.call(this.#service.deleteAccount.bind(this.#service), { password }, options);
  }
}
