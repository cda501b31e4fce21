import type { Logger } from './log.ts';

/** What happens, as the operator sees it: one function an event. */
export class Events {
  readonly #log: Logger;

  constructor(log: Logger) {
    this.#log = log;
  }

  registered(userId: number): void {
    this.#log.info({ userId }, 'account registered');
  }

  loggedIn(userId: number, sessionId: number): void {
    this.#log.info({ userId, sessionId }, 'logged in');
  }

  loginRefused(): void {
    this.#log.info('login refused');
  }

  loggedOut(userId: number, sessionId: number): void {
    this.#log.info({ userId, sessionId }, 'logged out');
  }

  sessionRevoked(userId: number, sessionId: number): void {
    this.#log.info({ userId, sessionId }, 'session revoked');
  }

  accountChanged(userId: number, changes: { renamed: boolean; presenceHidden: boolean | undefined }): void {
    this.#log.info({ userId, ...changes }, 'account changed');
  }

  passwordChanged(userId: number, sessionsEnded: number): void {
    this.#log.info({ userId, sessionsEnded }, 'password changed');
  }

  accountDeleted(userId: number): void {
    this.#log.info({ userId }, 'account deleted');
  }

  streamOpened(userId: number, sessionId: number, deviceName: string): void {
    this.#log.debug({ userId, sessionId, deviceName }, 'stream opened');
  }

  streamEnded(userId: number, sessionId: number, reason: string): void {
    this.#log.debug({ userId, sessionId, reason }, 'stream ended');
  }

  groupCreated(groupId: number, ownerId: number): void {
    this.#log.info({ groupId, ownerId }, 'group created');
  }

  membershipChanged(groupId: number, userId: number, change: string): void {
    this.#log.info({ groupId, userId, change }, 'membership changed');
  }

  /** `changes`: which of its settings; `deleted` where it was deleted. */
  groupChanged(groupId: number, userId: number, changes: readonly string[]): void {
    this.#log.info({ groupId, userId, changes }, 'group changed');
  }

  messageRecalled(conversationId: number, seq: number, userId: number): void {
    this.#log.info({ conversationId, seq, userId }, 'message recalled');
  }

  fileUploaded(attachmentId: number, userId: number, bytes: number): void {
    this.#log.info({ attachmentId, userId, bytes }, 'file uploaded');
  }

  filesCollected(files: number): void {
    this.#log.info({ files }, 'files that no message carries deleted');
  }

  batchFailed(sends: number, cause: unknown): void {
    this.#log.warn({ sends, err: cause }, 'sends failed');
  }

  /** Background work that will be tried again. */
  workFailed(work: string, cause: unknown): void {
    this.#log.warn({ work, err: cause }, 'background work failed, will try again');
  }

  requestFailed(method: string, requestId: string, cause: unknown): void {
    this.#log.error({ method, requestId, err: cause }, 'request failed');
  }
}
