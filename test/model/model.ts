import { type Answer, receiptOf } from './answer.ts';
import { ConversationModel, type LogEntry } from './conversation-model.ts';
import { GroupModel, type Outcome } from './group-model.ts';
import { type DeviceName, ownerOf, type Person, type Place, placeOf, placesOf, type To } from './names.ts';
import type { Listed, Seen } from './seen.ts';
import {
  ACK_BEYOND_DELIVERED,
  ID_REUSED,
  MESSAGE_NOT_FOUND,
  NOT_A_MEMBER,
  RECIPIENT_UNAVAILABLE,
  REVISION_CONFLICT,
  ROLE_INSUFFICIENT,
  SELF_NOT_ALLOWED,
} from './refusals.ts';
import { type Cursors, StreamModel } from './stream-model.ts';

/** A device: its stream while it is connected, and the entries that it has, over all its streams. */
export interface DeviceModel {
  stream: StreamModel | null;
  /** By seq: how long the log was when the device got the entry. */
  readonly has: Map<Place, Map<number, number>>;
}

/** A conversation in somebody's list. */
export interface Summary {
  readonly place: Place;
  readonly last: Seen;
  readonly delivered: number;
  readonly read: number;
  readonly unread: number;
  readonly closed: boolean;
}

/**
 * What the server promises, as plainly as can be: no transactions, no caches, no wire, one step after the other. It
 * begins with an open group that `founder` has made.
 */
export class Model {
  readonly devices: ReadonlyMap<DeviceName, DeviceModel>;
  readonly group: GroupModel;
  readonly #conversations = new Map<Place, ConversationModel>();
  /** `ann>bob`: ann has blocked bob. */
  readonly #blocks = new Set<string>();

  constructor(founder: Person, devices: readonly DeviceName[]) {
    this.devices = new Map(devices.map((name) => [name, { stream: null, has: new Map() }]));
    this.group = new GroupModel(founder);
    this.inGroup(founder, [this.group.found()]);
  }

  conversation(place: Place): ConversationModel | undefined {
    return this.#conversations.get(place);
  }

  /** `through`: the device whose stream it is sent on; null for a call of its own. */
  send(by: Person, to: To, id: string, text: string, through: DeviceName | null): Answer {
    if (to === by) return SELF_NOT_ALLOWED;
    const place = placeOf(by, to);
    const conversation = this.#reach(place);
    const request = JSON.stringify(['send', to, text]);
    const first = this.#sent(by, id);
    if (first !== undefined) {
      if (first.request !== request) return ID_REUSED;
      conversation.wrote(by, first.seq);
      return receiptOf(first);
    }
    const refusal = this.#refusesWriting(by, place);
    if (refusal !== null) return refusal;
    const entry = conversation.append(by, { kind: 'content', text, revision: 0 }, id, request);
    this.#follow(place, through === null ? null : { through, seq: entry.seq });
    conversation.wrote(by, entry.seq);
    return receiptOf(entry);
  }

  recall(by: Person, place: Place, seq: number): Answer {
    const target = this.#visible(by, place, seq);
    if (target?.body.kind !== 'content' && target?.body.kind !== 'recalled') return MESSAGE_NOT_FOUND;
    const conversation = this.#reach(place);
    const before = target.body.kind === 'recalled' ? conversation.at(target.body.recallSeq)! : null;
    if (before?.by === by) return receiptOf(before);
    const role = this.group.roles.get(by);
    if (place === 'group' && role === undefined) return NOT_A_MEMBER;
    const isAdmin = place === 'group' && role !== 'member';
    if (!isAdmin && target.by !== by) return ROLE_INSUFFICIENT;
    if (before !== null) return receiptOf(before);
    const recall = conversation.append(by, { kind: 'recall', targetSeq: seq });
    conversation.recalled(seq);
    this.#follow(place, null);
    return receiptOf(recall);
  }

  edit(by: Person, place: Place, seq: number, id: string, text: string, expectedRevision: number): Answer {
    const request = JSON.stringify(['edit', place, seq, text]);
    const first = this.#sent(by, id);
    if (first?.request === request) return receiptOf(first);
    const target = this.#visible(by, place, seq);
    if (target?.body.kind !== 'content') return MESSAGE_NOT_FOUND;
    if (first !== undefined) return ID_REUSED;
    const refusal = this.#refusesWriting(by, place);
    if (refusal !== null) return refusal;
    if (target.by !== by) return ROLE_INSUFFICIENT;
    if (target.body.revision !== expectedRevision) return REVISION_CONFLICT;
    const conversation = this.#reach(place);
    const revision = expectedRevision + 1;
    const edit = conversation.append(by, { kind: 'edit', targetSeq: seq, text, revision }, id, request);
    conversation.edited(seq, text, revision);
    this.#follow(place, null);
    return receiptOf(edit);
  }

  react(by: Person, place: Place, seq: number, emoji: string, removed: boolean): Answer {
    if (this.#visible(by, place, seq)?.body.kind !== 'content') return MESSAGE_NOT_FOUND;
    const conversation = this.#reach(place);
    const own = conversation.reaction(by, seq, emoji);
    if (removed && own === undefined) return 'done';
    if (!removed && own !== undefined) return receiptOf(conversation.at(own.seq)!);
    const refusal = this.#refusesWriting(by, place);
    if (refusal !== null) return refusal;
    const entry = conversation.append(by, { kind: 'reaction', targetSeq: seq, emoji, removed });
    conversation.reacted(by, seq, emoji, removed);
    this.#follow(place, null);
    return receiptOf(entry);
  }

  /** What a request to the group came to is entered in its log. */
  inGroup(by: Person, outcome: Outcome): Answer {
    if ('refused' in outcome) return outcome;
    const log = this.#reach('group');
    for (const { body, enters, exits = [] } of outcome) {
      log.append(by, body);
      if (enters !== undefined) log.join(enters);
      for (const person of exits) log.leave(person);
      this.#follow('group', null);
    }
    return 'done';
  }

  /** There is a conversation then, if an empty one: blocking is a first contact too. */
  block(by: Person, whom: Person): Answer {
    this.#reach(placeOf(by, whom));
    this.#blocks.add(`${by}>${whom}`);
    return 'done';
  }

  unblock(by: Person, whom: Person): Answer {
    this.#blocks.delete(`${by}>${whom}`);
    return 'done';
  }

  areApart(one: Person, other: Person): boolean {
    return this.#blocks.has(`${one}>${other}`) || this.#blocks.has(`${other}>${one}`);
  }

  /** Moves the user's cursor. Null, or why the position is refused. */
  mark(device: DeviceName, frame: 'ack' | 'read', place: Place, seq: number): Answer | null {
    const { stream } = this.devices.get(device)!;
    if (seq === 0) return null;
    if (seq > stream!.acknowledgeable(place)) return ACK_BEYOND_DELIVERED;
    const marks = this.#conversations.get(place)!.marks(ownerOf(device));
    if (frame === 'ack') marks.delivered = Math.max(marks.delivered, seq);
    else marks.read = Math.max(marks.read, seq);
    return null;
  }

  connect(device: DeviceName, cursors: Cursors | null): void {
    const person = ownerOf(device);
    const stream = new StreamModel();
    const model = this.devices.get(device)!;
    model.stream = stream;
    // A device that keeps nothing begins anew: it may never be told what became of what it had.
    if (cursors === null) model.has.clear();
    for (const [place, conversation] of this.#conversations) {
      if (!conversation.knows(person)) continue;
      stream.open(person, place, conversation, cursors);
      // What it has is of a log that isn't this one.
      if (stream.told.get(place)?.some((told) => 'reset' in told) === true) model.has.delete(place);
      this.#tell(device, place, null);
    }
  }

  disconnect(device: DeviceName): void {
    this.devices.get(device)!.stream = null;
  }

  /** What a device shows: each entry as it was told, or as entries that it was told later have changed it. */
  shown(name: DeviceName): Map<Place, Seen[]> {
    const { has } = this.devices.get(name)!;
    return new Map(
      [...has].map(([place, all]) => {
        const entries = this.#conversations.get(place)!.entries.filter(({ seq }) => all.has(seq));
        return [place, entries.map((entry) => entry.seen((seq) => seq <= all.get(entry.seq)! || all.has(seq)))];
      }),
    );
  }

  /** What a person may read by ListMessages; null where that is CONVERSATION_NOT_FOUND. */
  view(person: Person, place: Place): Listed[] | null {
    const conversation = this.#conversations.get(place);
    // Where nothing was said, one may have blocked the other, who must not be able to tell.
    if (conversation === undefined || conversation.head === 0 || !conversation.knows(person)) return null;
    return this.#readable(person, place).map((entry) => conversation.listed(entry, person));
  }

  /** What a person finds in ListConversations, in no order. */
  list(person: Person): Summary[] {
    return placesOf(person).flatMap((place) => {
      const conversation = this.#conversations.get(place);
      if (conversation === undefined || !conversation.knows(person)) return [];
      const end = conversation.at(conversation.end(person));
      if (end === undefined) return [];
      const { delivered, read } = conversation.marks(person);
      const unread = end.ordinal - (conversation.at(read)?.ordinal ?? 0);
      return [{ place, last: end.seen(), delivered, read, unread, closed: !conversation.isOpen(person) }];
    });
  }

  #reach(place: Place): ConversationModel {
    const conversation = this.#conversations.get(place) ?? new ConversationModel(place);
    this.#conversations.set(place, conversation);
    return conversation;
  }

  /** The entries that a person may read: also what was before their time, while they are in a group that shows it. */
  #readable(person: Person, place: Place): LogEntry[] {
    const conversation = this.#conversations.get(place);
    if (conversation === undefined) return [];
    const all = place === 'group' && this.group.historyVisible && this.group.roles.has(person);
    return all ? conversation.entries : conversation.visible(person);
  }

  #visible(person: Person, place: Place, seq: number): LogEntry | undefined {
    return this.#readable(person, place).find((entry) => entry.seq === seq);
  }

  /** What the person has sent under an id before. */
  #sent(by: Person, id: string): LogEntry | undefined {
    for (const { entries } of this.#conversations.values()) {
      const entry = entries.find((one) => one.by === by && one.id === id);
      if (entry !== undefined) return entry;
    }
    return undefined;
  }

  #refusesWriting(by: Person, place: Place): Answer | null {
    if (place === 'group') return this.group.roles.has(by) ? null : NOT_A_MEMBER;
    const [one, other] = place.split('+') as [Person, Person];
    return this.areApart(one, other) ? RECIPIENT_UNAVAILABLE : null;
  }

  /** Tells every open stream what is new; not the one that sent it. */
  #follow(place: Place, own: { readonly through: DeviceName; readonly seq: number } | null): void {
    for (const name of this.devices.keys()) this.#tell(name, place, own?.through === name ? own.seq : null);
  }

  #tell(name: DeviceName, place: Place, ownSeq: number | null): void {
    const device = this.devices.get(name)!;
    const person = ownerOf(name);
    const conversation = this.#conversations.get(place)!;
    if (device.stream === null || !conversation.knows(person)) return;
    const has = device.has.get(place) ?? new Map<number, number>();
    device.has.set(place, has);
    for (const seq of device.stream.follow(person, place, conversation, ownSeq)) {
      // Told once more, it is passed over.
      if (!has.has(seq)) has.set(seq, conversation.head);
    }
  }
}
