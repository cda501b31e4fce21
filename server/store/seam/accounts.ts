import type { AccountSettings, Credentials, SessionRecord, UserRecord } from './records.ts';

export interface AccountStore {
  /** @throws DuplicateKey when the folded name is taken. */
  insert(user: { name: string; foldedName: string; passwordHash: string; createdAt: number }): Promise<UserRecord>;
  byId(id: number): Promise<UserRecord | undefined>;
  byFoldedName(foldedName: string): Promise<UserRecord | undefined>;
  /** The password hash of a deleted account is empty. */
  credentials(by: { id: number } | { foldedName: string }): Promise<Credentials | undefined>;
  settings(userId: number): Promise<AccountSettings | undefined>;
  /** Those of the users who tell nobody whether they are there. */
  hiddenPresence(userIds: readonly number[]): Promise<Set<number>>;
  /** At most `limit` accounts whose deletion has begun and not ended, by an index. */
  deletionsUnderWay(limit: number): Promise<UserRecord[]>;
}

/** A session to open. */
export interface NewSession {
  /** The SHA-256 (32 bytes) of its token. */
  readonly tokenHash: Uint8Array;
  readonly userId: number;
  /** Of the password that was verified. */
  readonly passwordHash: string;
  readonly deviceName: string;
  readonly createdAt: number;
  readonly expiresAt: number;
}

export interface SessionStore {
  /** Undefined where the user has another password hash by now: no login gets in with one that was just changed. */
  insert(session: NewSession): Promise<SessionRecord | undefined>;
  /** The session and its user; expired ones too: the caller looks at `expiresAt`. */
  find(tokenHash: Uint8Array): Promise<{ session: SessionRecord; user: UserRecord } | undefined>;
  /** Those of the sessions that are still there, with their users as they are now, by the primary key. */
  current(ids: readonly number[]): Promise<{ id: number; user: UserRecord }[]>;
  /** The user's sessions that expire after `now`, the newest (the highest id) first; those below `beforeId`. */
  list(
    userId: number,
    now: number,
    page: { readonly beforeId: number; readonly limit: number },
  ): Promise<SessionRecord[]>;
  /** Notes uses; never moves a time backwards, never brings a deleted session back. */
  touch(uses: readonly { id: number; lastUsedAt: number; expiresAt: number }[]): Promise<void>;
  /** Deletes a session of this user; whether there was one. */
  delete(userId: number, id: number): Promise<boolean>;
  /** Deletes those that expired before `now`; gives their number. */
  deleteExpired(now: number): Promise<number>;
}

/** What a transaction does with accounts. */
export interface AccountWrites {
  byId(userId: number): Promise<UserRecord | undefined>;
  /** Those of the users whose account is deleted, or being deleted. */
  deletedAmong(userIds: readonly number[]): Promise<Set<number>>;
  /** Locks the user's row until the transaction ends, and gives what it holds. Lock no conversation after it. */
  lock(userId: number): Promise<Credentials | undefined>;
  /** @throws DuplicateKey when another account has the folded name. */
  rename(userId: number, name: string, foldedName: string): Promise<void>;
  setPasswordHash(userId: number, passwordHash: string): Promise<void>;
  setPresenceHidden(userId: number, hidden: boolean): Promise<void>;
  /** Deletes the user's sessions but `exceptId`, and gives the ids of those there were. */
  deleteSessions(userId: number, exceptId: number | null): Promise<number[]>;
  /** From here on the account counts as deleted, can't be logged in to, and its name is free. */
  beginDeletion(userId: number): Promise<void>;
  /** Takes the account off `deletionsUnderWay`. */
  endDeletion(userId: number): Promise<void>;
}
