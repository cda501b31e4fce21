import type { AuthServiceServer } from '../../proto/gen/parley/v1/auth_service.pb.ts';
import type { Accounts, UserSelector } from '../accounts/accounts.ts';
import { invalidField } from '../lib/errors.ts';
import type { Calls } from './calls.ts';
import { toId } from './ids.ts';
import { toAccount } from './wire.ts';

type WireSelector = { $case: 'name'; value: string } | { $case: 'userId'; value: bigint };

export function authHandlers(calls: Calls, accounts: Accounts): Partial<AuthServiceServer> {
  return {
    register: calls.open(async ({ name, password }) => ({
      account: toAccount(await accounts.register(name, password)),
    })),

    login: calls.open(async ({ user, password, deviceName }) => {
      const { token, session, user: account } = await accounts.login(fromSelector(user), password, deviceName);
      return { token, expireTime: new Date(session.expiresAt), account: toAccount(account) };
    }),

    logout: calls.authenticated(async (_request, caller) => {
      await accounts.logout(caller);
      return {};
    }),

    getAccount: calls.authenticated(async ({ user }, caller) => ({
      account: toAccount(user === undefined ? caller.user : await accounts.find(fromSelector(user))),
      settings: undefined,
    })),
  };
}

/** @throws DomainError INVALID_FIELD */
export function fromSelector(user: WireSelector | undefined): UserSelector {
  if (user === undefined) throw invalidField('user', 'name or user_id');
  return user.$case === 'name' ? { name: user.value } : { id: toId(user.value, 'user_id') };
}
