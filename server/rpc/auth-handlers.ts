import type { Session } from '../../proto/gen/parley/v1/account.pb.ts';
import type { AuthServiceServer } from '../../proto/gen/parley/v1/auth_service.pb.ts';
import type { AccountDeletion } from '../accounts/account-deletion.ts';
import type { Accounts, UserSelector } from '../accounts/accounts.ts';
import type { OwnAccount } from '../accounts/own-account.ts';
import type { Sessions } from '../accounts/sessions.ts';
import { invalidField } from '../lib/errors.ts';
import type { SessionRecord } from '../store/seam/records.ts';
import type { Calls } from './calls.ts';
import { fromNumber, toId } from './ids.ts';
import { pageById } from './page.ts';
import { readUpdateMask } from './update-mask.ts';
import { toAccount } from './wire.ts';

type WireSelector = { $case: 'name'; value: string } | { $case: 'userId'; value: bigint };

const SESSION_SIZES = { fallback: 50, max: 100 };
const CHANGEABLE = ['name', 'presence_hidden'] as const;

export interface AuthHandlerParts {
  readonly accounts: Accounts;
  readonly ownAccount: OwnAccount;
  readonly sessions: Sessions;
  readonly deletion: AccountDeletion;
}

export function authHandlers(
  calls: Calls,
  { accounts, ownAccount, sessions, deletion }: AuthHandlerParts,
): AuthServiceServer {
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

    getAccount: calls.authenticated(async ({ user }, caller) => {
      const account = user === undefined ? caller.user : await accounts.find(fromSelector(user));
      const own = account.id === caller.user.id;
      return { account: toAccount(account), settings: own ? await ownAccount.settings(account.id) : undefined };
    }),

    updateAccount: calls.authenticated(async ({ account, settings, updateMask }, caller) => {
      const fields = readUpdateMask(updateMask, CHANGEABLE);
      const update = {
        ...(fields.has('name') && { name: account?.name ?? '' }),
        ...(fields.has('presence_hidden') && { presenceHidden: settings?.presenceHidden ?? false }),
      };
      const updated = await ownAccount.update(caller, update, 'account.name');
      return { account: toAccount(updated.user), settings: updated.settings };
    }),

    changePassword: calls.authenticated(async ({ currentPassword, newPassword }, caller) => {
      await ownAccount.changePassword(caller, currentPassword, newPassword);
      return {};
    }),

    listSessions: calls.authenticated(async (request, { user, session: current }) => {
      const page = await pageById(
        'ListSessions',
        request,
        SESSION_SIZES,
        // The newest first: a page goes on below the id that it goes on after.
        ({ afterId, limit }) => sessions.list(user.id, { beforeId: afterId || Number.MAX_SAFE_INTEGER, limit }),
        (session) => session.id,
      );
      return {
        sessions: page.items.map((session) => toSession(session, current.id)),
        nextPageToken: page.nextPageToken,
      };
    }),

    revokeSession: calls.authenticated(async ({ sessionId }, caller) => {
      await ownAccount.revokeSession(caller, toId(sessionId, 'session_id'));
      return {};
    }),

    deleteAccount: calls.authenticated(async ({ password }, caller) => {
      await deletion.delete(caller, password);
      return {};
    }),
  };
}

/** @throws DomainError INVALID_FIELD */
export function fromSelector(user: WireSelector | undefined): UserSelector {
  if (user === undefined) throw invalidField('user', 'name or user_id');
  return user.$case === 'name' ? { name: user.value } : { id: toId(user.value, 'user_id') };
}

function toSession({ id, deviceName, createdAt, lastUsedAt, expiresAt }: SessionRecord, currentId: number): Session {
  return {
    id: fromNumber(id),
    deviceName,
    createTime: new Date(createdAt),
    lastUseTime: new Date(lastUsedAt),
    expireTime: new Date(expiresAt),
    current: id === currentId,
  };
}
