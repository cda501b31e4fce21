import { type Person, type Place, peopleOf } from './names.ts';
import type { Listed, Seen, SeenBody } from './seen.ts';

/** What an entry is from some place of the log on. */
interface Version {
  readonly sinceSeq: number;
  readonly body: SeenBody;
}

/** An entry of the log: recalls and edits that come later change what it is. */
export class LogEntry implements Seen {
  readonly seq: number;
  readonly ordinal: number;
  readonly by: Person;
  readonly id: string;
  /** What its client_message_id stands for; empty where no client sent it. */
  readonly request: string;
  readonly #versions: Version[];

  constructor({ body, request, ...entry }: Seen & { readonly request: string }) {
    ({ seq: this.seq, ordinal: this.ordinal, by: this.by, id: this.id } = entry);
    this.request = request;
    this.#versions = [{ sinceSeq: entry.seq, body }];
  }

  get body(): SeenBody {
    return this.#versions.at(-1)!.body;
  }

  /** The entry at `sinceSeq` changes it. */
  become(body: SeenBody, sinceSeq: number): void {
    this.#versions.push({ sinceSeq, body });
  }

  /** As somebody sees it who knows of these places of the log; left out: of all. */
  seen(knows: (seq: number) => boolean = () => true): Seen {
    const { seq, ordinal, by, id } = this;
    const { body } = this.#versions.findLast(({ sinceSeq }) => knows(sinceSeq))!;
    return { seq, ordinal, by, id, body };
  }
}

interface Period {
  readonly joinedSeq: number;
  leftSeq: number | null;
}

/** What a user's devices have acknowledged, and what the user has read. */
export interface Marks {
  delivered: number;
  read: number;
}

/** A reaction that stands: the entry that says so. */
interface Standing {
  readonly by: Person;
  readonly emoji: string;
  readonly targetSeq: number;
  readonly seq: number;
}

/** One conversation: a log, who may read which part of it, and where everybody is in it. */
export class ConversationModel {
  readonly entries: LogEntry[] = [];
  #reactions: Standing[] = [];
  readonly #periods = new Map<Person, Period[]>();
  readonly #marks = new Map<Person, Marks>();

  constructor(place: Place) {
    if (place === 'group') return;
    for (const person of peopleOf(place)) {
      this.#periods.set(person, [{ joinedSeq: 1, leftSeq: null }]);
      this.#marks.set(person, { delivered: 0, read: 0 });
    }
  }

  get head(): number {
    return this.entries.length;
  }

  append(by: Person, body: SeenBody, id = '', request = ''): LogEntry {
    const ordinal = (this.entries.at(-1)?.ordinal ?? 0) + (body.kind === 'content' ? 1 : 0);
    const entry = new LogEntry({ seq: this.head + 1, ordinal, by, id, body, request });
    this.entries.push(entry);
    return entry;
  }

  at(seq: number): LogEntry | undefined {
    return this.entries[seq - 1];
  }

  /** The last entry puts another text in the place of a message's; what it said before is nowhere any more. */
  edited(targetSeq: number, text: string, revision: number): void {
    this.#forgetEdits(targetSeq);
    this.at(targetSeq)!.become({ kind: 'content', text, revision }, this.head);
  }

  /** The last entry takes a message back. */
  recalled(targetSeq: number): void {
    this.#forgetEdits(targetSeq);
    this.at(targetSeq)!.become({ kind: 'recalled', recallSeq: this.head }, this.head);
    this.#reactions = this.#reactions.filter((reaction) => reaction.targetSeq !== targetSeq);
  }

  reaction(by: Person, targetSeq: number, emoji: string): Standing | undefined {
    return this.#reactions.find((one) => one.by === by && one.targetSeq === targetSeq && one.emoji === emoji);
  }

  /** The last entry says that somebody reacts to a message, or no longer does. */
  reacted(by: Person, targetSeq: number, emoji: string, removed: boolean): void {
    const before = this.reaction(by, targetSeq, emoji);
    this.#reactions = this.#reactions.filter((one) => one !== before);
    if (!removed) this.#reactions.push({ by, targetSeq, emoji, seq: this.head });
  }

  /** An entry as a list gives it to somebody: with the reactions to it, in the order in which each emoji came first. */
  listed(entry: LogEntry, person: Person): Listed {
    const to = this.#reactions.filter(({ targetSeq }) => targetSeq === entry.seq);
    const reactions = [...Map.groupBy(to, ({ emoji }) => emoji)].map(([emoji, all]) => ({
      emoji,
      count: all.length,
      mine: all.some(({ by }) => by === person),
    }));
    return { ...entry.seen(), reactions };
  }

  /** Whether the person is or was part of it. */
  knows(person: Person): boolean {
    return this.#periods.has(person);
  }

  isOpen(person: Person): boolean {
    return this.#latest(person)?.leftSeq === null;
  }

  /** The last seq that the person may read. */
  end(person: Person): number {
    return this.#latest(person)?.leftSeq ?? this.head;
  }

  isVisible(person: Person, seq: number): boolean {
    const periods = this.#periods.get(person) ?? [];
    return periods.some(({ joinedSeq, leftSeq }) => joinedSeq <= seq && seq <= (leftSeq ?? this.head));
  }

  visible(person: Person): LogEntry[] {
    return this.entries.filter(({ seq }) => this.isVisible(person, seq));
  }

  /** Joins by the last entry. What of an earlier period is not delivered yet still will be. */
  join(person: Person): void {
    const before = this.head - 1;
    const marks = this.marks(person);
    const pending = this.#periods.get(person)?.some(({ leftSeq }) => leftSeq !== null && leftSeq > marks.delivered);
    if (pending !== true) marks.delivered = Math.max(marks.delivered, before);
    marks.read = Math.max(marks.read, before);
    this.#marks.set(person, marks);
    this.#periods.set(person, [...(this.#periods.get(person) ?? []), { joinedSeq: this.head, leftSeq: null }]);
  }

  /** Leaves by the last entry. */
  leave(person: Person): void {
    this.#latest(person)!.leftSeq = this.head;
  }

  marks(person: Person): Marks {
    return this.#marks.get(person) ?? { delivered: 0, read: 0 };
  }

  /** Who writes has read, and has what they wrote where they had what came before it. */
  wrote(person: Person, seq: number): void {
    const marks = this.marks(person);
    marks.read = Math.max(marks.read, seq);
    if (marks.delivered >= seq - 1) marks.delivered = Math.max(marks.delivered, seq);
  }

  #latest(person: Person): Period | undefined {
    return this.#periods.get(person)?.at(-1);
  }

  #forgetEdits(targetSeq: number): void {
    for (const entry of this.entries) {
      const { body } = entry;
      const isEdit = body.kind === 'edit' && body.targetSeq === targetSeq && entry.seq < this.head;
      if (isEdit) entry.become({ ...body, text: null }, this.head);
    }
  }
}
