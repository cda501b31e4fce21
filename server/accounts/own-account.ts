import type { Bus } from '../bus/bus.ts';
import { userNotFound } from '../lib/errors.ts';
import type { PresenceNews } from '../presence/presence-news.ts';
import { DuplicateKey } from '../store/seam/failures.ts';
import type { AccountSettings, UserRecord } from '../store/seam/records.ts';
import type { Store } from '../store/seam/store.ts';
import type { Events } from '../telemetry/events.ts';
import { nameTaken } from './accounts.ts';
import { checkName, foldName } from './name-rules.ts';
import type { PasswordHasher } from './password-hasher.ts';
import { checkPassword, credentialsInvalid } from './password-rules.ts';
import { type Caller, type Sessions, tokenInvalid } from './sessions.ts';
import { verifiedPassword } from './verified-password.ts';

export interface OwnAccountParts {
  readonly store: Store;
  readonly bus: Bus;
  readonly sessions: Sessions;
  readonly hasher: PasswordHasher;
  readonly presenceNews: Pick<PresenceNews, 'settingChanged'>;
  readonly events: Events;
}

/** What to change; what is left out stays. */
export interface AccountUpdate {
  readonly name?: string;
  readonly presenceHidden?: boolean;
}

/** What users do with their own account. */
export class OwnAccount {
  readonly #parts: OwnAccountParts;

  constructor(parts: OwnAccountParts) {
    this.#parts = parts;
  }

  /** @throws DomainError USER_NOT_FOUND */
  async settings(userId: number): Promise<AccountSettings> {
    const settings = await this.#parts.store.accounts.settings(userId);
    if (settings === undefined) throw userNotFound();
    return settings;
  }

  /**
   * `nameField`: where the request has the name, for what is said about it.
   *
   * @throws DomainError INVALID_FIELD, NAME_TAKEN, TOKEN_INVALID where the account is deleted meanwhile
   */
  async update(
    { user }: Caller,
    { name, presenceHidden }: AccountUpdate,
    nameField: string,
  ): Promise<{ user: UserRecord; settings: AccountSettings }> {
    const { store, bus, presenceNews, events } = this.#parts;
    const checked = name === undefined ? undefined : checkName(name, nameField);
    try {
      await store.transact(
        async (tx) => {
          const account = await tx.accounts.lock(user.id);
          if (account === undefined || account.deleted) throw tokenInvalid();
          if (checked !== undefined) await tx.accounts.rename(user.id, checked, foldName(checked));
          if (presenceHidden !== undefined) await tx.accounts.setPresenceHidden(user.id, presenceHidden);
        },
        { repeatable: true },
      );
    } catch (error) {
      if (error instanceof DuplicateKey && checked !== undefined) throw nameTaken(checked);
      throw error;
    }
    bus.publish(`user:${user.id}`, { type: 'account-changed', userId: user.id });
    if (presenceHidden !== undefined) presenceNews.settingChanged(user.id);
    events.accountChanged(user.id, { renamed: checked !== undefined, presenceHidden });
    return { user: (await store.accounts.byId(user.id)) ?? user, settings: await this.settings(user.id) };
  }

  /**
   * Ends all other sessions. Of two changes at once that both know the present password, one is refused.
   *
   * @throws DomainError CREDENTIALS_INVALID, INVALID_FIELD, OVERLOADED
   */
  async changePassword({ user, session }: Caller, current: string, next: string): Promise<void> {
    const { store, sessions, hasher, events } = this.#parts;
    checkPassword(next, 'new_password');
    const verifiedHash = await verifiedPassword(this.#parts, user.id, current);
    const newHash = await hasher.hash(next);
    // Of every try: one whose commit was not answered may have ended them.
    const ended = new Set<number>();
    const changed = await store.transact(
      async (tx) => {
        const passwordHash = (await tx.accounts.lock(user.id))?.passwordHash;
        if (passwordHash === newHash) return true;
        if (passwordHash !== verifiedHash) return false;
        await tx.accounts.setPasswordHash(user.id, newHash);
        for (const id of await tx.accounts.deleteSessions(user.id, session.id)) ended.add(id);
        return true;
      },
      { repeatable: true },
    );
    if (!changed) throw credentialsInvalid();
    sessions.announceEnd(user.id, ended);
    events.passwordChanged(user.id, ended.size);
  }

  /** Ends one of the caller's sessions. One that is gone, or somebody else's, is no error. */
  async revokeSession({ user }: Caller, sessionId: number): Promise<void> {
    const ended = await this.#parts.sessions.revoke({ id: sessionId, userId: user.id });
    if (ended) this.#parts.events.sessionRevoked(user.id, sessionId);
  }
}
