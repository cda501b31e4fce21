import { randomUUID } from 'node:crypto';

import { DomainError } from '../../server/lib/errors.ts';
import type { ChangeParts } from '../../server/messages/change-message.ts';
import { editMessage, type EditRequest } from '../../server/messages/edit-message.ts';
import { recallMessage } from '../../server/messages/recall-message.ts';
import { setReaction } from '../../server/messages/set-reaction.ts';
import type { Receipt } from '../../server/messages/send.ts';
import type { Entry, EntryBody } from '../../server/store/seam/entry.ts';
import type { EntryKey } from '../../server/store/seam/log.ts';
import type { UserRecord } from '../../server/store/seam/records.ts';
import type { Store } from '../../server/store/seam/store.ts';
import { type Group, World } from '../store/world.ts';
import { Domain, toGroup, toUser } from './domain.ts';
import { EPOCH_MS } from './manual-clock.ts';

const PEOPLE = ['owner', 'admin', 'member', 'another', 'leaver', 'stranger'] as const;
export type Person = (typeof PEOPLE)[number];

/** What a call came to: a receipt's seq, null for none, or the reason why it was refused. */
export type Answer = number | string | null;

/**
 * A group with an owner, an admin, two members and one who was a member, and a stranger; the owner and the member have
 * a direct conversation too. What the leaver may read ends with their leave.
 */
export class MessageScene {
  readonly domain: Domain;
  readonly world: World;
  readonly people: Readonly<Record<Person, UserRecord>>;
  readonly group: Group;
  readonly directId: number;
  /** What is used by the changes; a test may put another store into it. */
  parts: ChangeParts;

  private constructor(domain: Domain, people: Record<Person, UserRecord>, group: Group, directId: number) {
    this.domain = domain;
    this.world = new World(domain.store);
    this.people = people;
    this.group = group;
    this.directId = directId;
    this.parts = domain.changes;
  }

  static async make(store: Store): Promise<MessageScene> {
    const domain = new Domain(store);
    const world = new World(store);
    const people = {} as Record<Person, UserRecord>;
    for (const person of PEOPLE) people[person] = await domain.makeUser();
    const group = await world.group(people.owner);
    await world.join(group, people.admin, 'admin');
    for (const person of ['member', 'another', 'leaver'] as const) await world.join(group, people[person]);
    const direct = await store.log.ensureDirect(people.owner.id, people.member.id);
    return new MessageScene(domain, people, group, direct.id);
  }

  /** A text to the group. */
  say(person: Person, text = 'words'): Promise<EntryKey> {
    return this.#send(person, toGroup({ id: this.group.groupId }), text);
  }

  /** A text of the owner or the member to the other one. */
  sayDirectly(person: 'owner' | 'member', text = 'words'): Promise<EntryKey> {
    return this.#send(person, toUser(this.people[person === 'owner' ? 'member' : 'owner']), text);
  }

  async leave(): Promise<void> {
    await this.world.leave(this.group, this.people.leaver);
  }

  /** Nobody of the two can write to the other any more. */
  async block(): Promise<void> {
    const { owner, member } = this.people;
    await this.domain.store.transact(async (tx) => {
      await tx.log.lock([this.directId], 'wait');
      await tx.friends.set(member.id, owner.id, 'blocked', EPOCH_MS);
      await tx.log.raiseMembersVersion(this.directId);
    });
  }

  recall(person: Person, message: EntryKey): Promise<Answer> {
    return answerOf(() => recallMessage(this.parts, this.people[person], message));
  }

  edit(person: Person, message: EntryKey, text: string, request: Partial<EditRequest> = {}): Promise<Answer> {
    return answerOf(() =>
      editMessage(this.parts, this.people[person], {
        clientMessageId: randomUUID(),
        message,
        content: { text },
        expectedRevision: 0,
        ...request,
      }),
    );
  }

  react(person: Person, message: EntryKey, emoji = '👍', removed = false): Promise<Answer> {
    return answerOf(() => setReaction(this.parts, this.people[person], { message, emoji, removed }));
  }

  /** The bodies of a conversation's entries from a seq on. */
  async bodies(conversationId: number, fromSeq = 1): Promise<EntryBody[]> {
    return (await this.#log(conversationId, fromSeq)).map(({ body }) => body);
  }

  async lastEntry(conversationId: number): Promise<Entry> {
    return (await this.#log(conversationId, 1)).at(-1)!;
  }

  #log(conversationId: number, fromSeq: number): Promise<Entry[]> {
    return this.domain.store.log.read(conversationId, fromSeq - 1, { limit: 1_000, maxBytes: 1e9 });
  }

  async #send(person: Person, target: ReturnType<typeof toUser>, text: string): Promise<EntryKey> {
    const outcome = await this.domain.sendOne(this.people[person], target, text);
    if (!outcome.ok) throw outcome.error;
    return { conversationId: outcome.receipt.conversationId, seq: outcome.receipt.seq };
  }
}

async function answerOf(call: () => Promise<Receipt | null>): Promise<Answer> {
  try {
    return (await call())?.seq ?? null;
  } catch (error) {
    if (error instanceof DomainError) return error.reason;
    throw error;
  }
}
