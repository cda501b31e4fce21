import type { Credentials, SessionRecord, UserRecord } from './records.ts';

export interface AccountStore {
  /** @throws DuplicateKey when the folded name is taken. */
  insert(user: { name: string; foldedName: string; passwordHash: string; createdAt: number }): Promise<UserRecord>;
  byId(id: number): Promise<UserRecord | undefined>;
  byFoldedName(foldedName: string): Promise<UserRecord | undefined>;
  credentials(by: { id: number } | { foldedName: string }): Promise<Credentials | undefined>;
}

/** Sessions by the SHA-256 (32 bytes) of their token. */
export interface SessionStore {
  insert(session: {
    tokenHash: Uint8Array;
    userId: number;
    deviceName: string;
    createdAt: number;
    expiresAt: number;
  }): Promise<SessionRecord>;
  /** The session and its user; expired ones too: the caller looks at `expiresAt`. */
  find(tokenHash: Uint8Array): Promise<{ session: SessionRecord; user: UserRecord } | undefined>;
  /** Notes uses; never moves a time backwards, never brings a deleted session back. */
  touch(uses: readonly { id: number; lastUsedAt: number; expiresAt: number }[]): Promise<void>;
  /** Whether there was one. */
  delete(id: number): Promise<boolean>;
  /** Deletes those that expired before `now`; gives their number. */
  deleteExpired(now: number): Promise<number>;
}

/** What a transaction does with accounts. */
export interface AccountWrites {
  byId(userId: number): Promise<UserRecord | undefined>;
}
