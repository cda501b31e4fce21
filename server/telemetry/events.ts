import type { Logger } from './log.ts';
import { type GapKind, Metrics } from './metrics.ts';

/** What happens, as the operator sees it: one function an event, for its log line and its numbers. */
export class Events {
  readonly #log: Logger;
  readonly #metrics: Metrics;

  constructor(log: Logger, metrics = new Metrics()) {
    this.#log = log;
    this.#metrics = metrics;
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

  /** A send was acknowledged. */
  messageSent(): void {
    this.#metrics.messageSent();
  }

  /** Entries were written to a stream. */
  messagesDelivered(count: number): void {
    this.#metrics.messagesDelivered(count);
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

  /** Other replicas are no longer told at once, and don't tell this one; the log is read instead. */
  busDegraded(cause: unknown): void {
    this.#metrics.busDegraded();
    this.#log.warn({ err: cause }, 'bus degraded');
  }

  /** `downMs`: how long it was not. */
  busUp(downMs: number): void {
    this.#log.info({ downMs }, 'bus up');
  }

  /** More was published than Redis took. */
  busOverflowed(lost: number): void {
    this.#log.warn({ lost }, 'events for other replicas lost: Redis is too slow');
  }

  busEventsUnreadable(lost: number): void {
    this.#log.warn({ lost }, 'events of another version, or of nobody here, dropped');
  }

  /** The bus lost what was found by reading the log. */
  gapsFound(kind: GapKind, count: number): void {
    this.#metrics.gapsFound(kind, count);
    this.#log.debug({ kind, count }, 'what the bus lost was found in the log');
  }

  /** Cursors of streams that were open are of another log. */
  logReplaced(streams: number): void {
    this.#log.warn({ streams }, 'the log is another one (restored, or a replica promoted): streams sent away');
  }

  /** Nobody is shown as gone until it is back. */
  registryLost(cause: unknown): void {
    this.#log.warn({ err: cause }, 'registry lost');
  }

  /** `downMs`: how long it was not there. */
  registryBack(downMs: number): void {
    this.#log.info({ downMs }, 'registry back');
  }

  /** `renewal`: why the lease had to be taken anew. */
  leaseTakenAnew(renewal: string): void {
    this.#log.warn({ renewal }, 'lease was gone, taken anew');
  }

  leaseNotGivenUp(cause: unknown): void {
    this.#log.warn({ err: cause }, 'lease not given up; it ends by itself');
  }

  /** The lease of another replica has ended; `users`: how many were there. */
  replicaExpired(incarnation: string, users: number): void {
    this.#log.info({ incarnation, users }, 'replica gone, its users with it');
  }

  /** Background work that will be tried again. */
  workFailed(work: string, cause: unknown): void {
    this.#log.warn({ work, err: cause }, 'background work failed, will try again');
  }

  requestFailed(method: string, requestId: string, cause: unknown): void {
    this.#log.error({ method, requestId, err: cause }, 'request failed');
  }
}
