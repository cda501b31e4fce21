import type { Clock } from '../lib/clock.ts';
import { DomainError, userNotFound } from '../lib/errors.ts';
import { checkLabel } from '../lib/labels.ts';
import type { SessionRecord, UserRecord } from '../store/seam/records.ts';
import { DuplicateKey } from '../store/seam/failures.ts';
import type { Store } from '../store/seam/store.ts';
import type { Events } from '../telemetry/events.ts';
import { checkName, foldName } from './name-rules.ts';
import type { PasswordHasher } from './password-hasher.ts';
import { checkPassword, credentialsInvalid } from './password-rules.ts';
import type { Caller, Sessions } from './sessions.ts';

export type UserSelector = { readonly id: number } | { readonly name: string };

export const DEVICE_NAME_MAX_CHARACTERS = 64;

export interface AccountsParts {
  readonly store: Store;
  readonly sessions: Sessions;
  readonly hasher: PasswordHasher;
  readonly clock: Clock;
  readonly events: Events;
}

/** Who there is, and how they get in. */
export class Accounts {
  readonly #parts: AccountsParts;

  constructor(parts: AccountsParts) {
    this.#parts = parts;
  }

  /** @throws DomainError INVALID_FIELD, NAME_TAKEN, OVERLOADED */
  async register(name: string, password: string): Promise<UserRecord> {
    const { store, hasher, clock, events } = this.#parts;
    const checked = checkName(name);
    checkPassword(password);
    const foldedName = foldName(checked);
    // A taken name costs no hash.
    if ((await store.accounts.byFoldedName(foldedName)) !== undefined) throw nameTaken(checked);
    const passwordHash = await hasher.hash(password);
    try {
      const user = await store.accounts.insert({ name: checked, foldedName, passwordHash, createdAt: clock.now() });
      events.registered(user.id);
      return user;
    } catch (error) {
      if (error instanceof DuplicateKey) throw nameTaken(checked);
      throw error;
    }
  }

  /** @throws DomainError CREDENTIALS_INVALID, OVERLOADED, INVALID_FIELD */
  async login(
    who: UserSelector,
    password: string,
    deviceName: string,
  ): Promise<{ user: UserRecord; token: string; session: SessionRecord }> {
    const { store, sessions, hasher, events } = this.#parts;
    checkDeviceName(deviceName);
    const by = 'id' in who ? who : { foldedName: foldName(who.name) };
    const credentials = await store.accounts.credentials(by);
    // Nobody logs in to a deleted account, and it costs the same.
    const known = credentials?.deleted ? undefined : credentials;
    if (!(await hasher.verify(password, known?.passwordHash)) || known === undefined) {
      events.loginRefused();
      throw credentialsInvalid();
    }
    const { passwordHash: _hash, ...user } = known;
    const opened = await sessions.open(known, deviceName);
    events.loggedIn(user.id, opened.session.id);
    return { user, ...opened };
  }

  async logout(caller: Caller): Promise<void> {
    await this.#parts.sessions.revoke(caller.session);
    this.#parts.events.loggedOut(caller.user.id, caller.session.id);
  }

  /** @throws DomainError USER_NOT_FOUND; also for a deleted account */
  async find(who: UserSelector): Promise<UserRecord> {
    const { accounts } = this.#parts.store;
    const user = 'id' in who ? await accounts.byId(who.id) : await accounts.byFoldedName(foldName(who.name));
    if (user === undefined || user.deleted) throw userNotFound();
    return user;
  }
}

/** @throws DomainError INVALID_FIELD */
export function checkDeviceName(deviceName: string, field = 'device_name'): void {
  checkLabel(deviceName, field, { min: 0, max: DEVICE_NAME_MAX_CHARACTERS });
}

export function nameTaken(name: string): DomainError {
  return new DomainError('NAME_TAKEN', `the name "${name}" is taken`);
}
