import type { Bus } from '../bus/bus.ts';
import type { Clock } from '../lib/clock.ts';
import { DomainError } from '../lib/errors.ts';
import { type Content, type Entry, type EntryBody, targetOf } from '../store/seam/entry.ts';
import type { EntryKey } from '../store/seam/log.ts';
import type { ConversationFacts, ConversationHead, GroupRole, UserRecord } from '../store/seam/records.ts';
import type { Store } from '../store/seam/store.ts';
import type { Transaction } from '../store/seam/transaction.ts';
import type { Events } from '../telemetry/events.ts';
import { publishEntry, publishRepeat } from './publish-entry.ts';
import { type Identity, repeatedOnDuplicate } from './repeat.ts';
import type { Receipt } from './send.ts';
import { notAMember, type WritePermissions } from './write-permissions.ts';

export interface ChangeParts {
  readonly store: Store;
  readonly permissions: WritePermissions;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly events: Events;
  /** How long after it was stored an author may recall or edit a message; 0: not at all. */
  readonly recallWithinMs: number;
  readonly editWithinMs: number;
}

/** An entry that stands, with its content. */
export type ContentEntry = Entry & { readonly body: { readonly kind: 'content'; readonly content: Content } };

interface SceneParts {
  readonly tx: Transaction;
  readonly user: UserRecord;
  readonly facts: ConversationFacts;
  readonly head: ConversationHead;
  readonly permissions: WritePermissions;
  readonly now: number;
}

/** What somebody's change of a message is decided by, all read under the lock of its conversation, and its entry. */
export class ChangeScene {
  readonly tx: Transaction;
  readonly user: UserRecord;
  readonly now: number;
  readonly #parts: SceneParts;
  #appended: Entry | null = null;

  constructor(parts: SceneParts) {
    this.tx = parts.tx;
    this.user = parts.user;
    this.now = parts.now;
    this.#parts = parts;
  }

  /** The entry that was appended. */
  get appended(): Entry | null {
    return this.#appended;
  }

  /** An entry that the user may read. @throws DomainError MESSAGE_NOT_FOUND */
  async visible(seq: number): Promise<Entry> {
    const entry = await this.tx.log.visibleEntry(this.user.id, this.#parts.facts.id, seq);
    if (entry === undefined) throw messageNotFound();
    return entry;
  }

  /** A message that the user may read. @throws DomainError MESSAGE_NOT_FOUND, also where it was recalled */
  async visibleContent(seq: number): Promise<ContentEntry> {
    const entry = await this.visible(seq);
    if (!isContent(entry)) throw messageNotFound();
    return entry;
  }

  /** An entry that another one names, whoever may read it. */
  async named(seq: number): Promise<Entry> {
    const entry = await this.tx.log.entry(this.#parts.facts.id, seq);
    if (entry === undefined) throw new Error(`no entry ${seq} in conversation ${this.#parts.facts.id}`);
    return entry;
  }

  /** The user's role in the group; null in a direct conversation. @throws DomainError NOT_A_MEMBER */
  async role(): Promise<GroupRole | null> {
    const { facts } = this.#parts;
    if (facts.kind === 'direct') return null;
    const members = (await this.tx.groups.members([facts.groupId])).get(facts.groupId);
    const member = members?.find(({ userId }) => userId === this.user.id);
    if (member === undefined) throw notAMember();
    return member.role;
  }

  /** @throws DomainError NOT_A_MEMBER, RECIPIENT_UNAVAILABLE */
  async checkMayWrite(): Promise<void> {
    const { facts, head, permissions } = this.#parts;
    const judge = await permissions.load(this.tx, [facts], new Map([[head.id, head]]));
    const refusal = judge(this.user.id, facts);
    if (refusal !== null) throw refusal;
  }

  /** Appends the user's entry. It never counts as unread. */
  async append(body: EntryBody, identity: Identity | null = null): Promise<Entry> {
    const { facts, head } = this.#parts;
    const entry: Entry = {
      conversationId: head.id,
      seq: head.lastSeq + 1,
      ordinal: head.lastOrdinal,
      target: targetOf(facts, this.user.id),
      senderId: this.user.id,
      senderName: this.user.name,
      clientMessageId: identity?.clientMessageId ?? null,
      createdAt: this.now,
      body,
    };
    await this.tx.log.append([{ entry, requestHash: identity?.requestHash ?? null }]);
    this.#appended = entry;
    return entry;
  }
}

/**
 * Changes a message in one transaction, under the lock of its conversation: `decide` judges, appends an entry at most
 * once, and may be called again. What was appended is published after the commit.
 *
 * @throws DomainError as `decide` does, MESSAGE_NOT_FOUND; what the store throws
 */
export async function changeMessage<Answer extends Receipt | null>(
  { store, permissions, bus, clock }: ChangeParts,
  user: UserRecord,
  { conversationId }: EntryKey,
  decide: (scene: ChangeScene) => Promise<Answer>,
): Promise<{ answer: Answer; appended: Entry | null }> {
  const facts = await store.log.facts(conversationId);
  if (facts === undefined) throw messageNotFound();
  const work = async (tx: Transaction) => {
    const [head] = await tx.log.lock([facts.id], 'wait');
    if (head === undefined) throw messageNotFound();
    const scene = new ChangeScene({ tx, user, facts, head, permissions, now: clock.now() });
    const answer = await decide(scene);
    return { answer, appended: scene.appended, membersVersion: head.membersVersion };
  };
  const done = await repeatedOnDuplicate(() => store.transact(work, { repeatable: true }));
  if (done.appended === null) publishRepeat(bus, facts);
  else publishEntry(bus, done.appended, done.membersVersion);
  return done;
}

/** The same for what isn't there, isn't a message, or isn't for this user. */
export function messageNotFound(): DomainError {
  return new DomainError('MESSAGE_NOT_FOUND', 'there is no such message');
}

/** Whether the time for changing an entry is over, by the server's clock. @throws DomainError TOO_LATE */
export function checkInTime(entry: Entry, now: number, withinMs: number): void {
  if (now - entry.createdAt < withinMs) return;
  throw new DomainError('TOO_LATE', `the time for this is over: ${withinMs / 1_000} s after it was sent`);
}

function isContent(entry: Entry): entry is ContentEntry {
  return entry.body.kind === 'content';
}
