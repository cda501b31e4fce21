import type { Asked, History, Request } from './history.ts';
import { type Person, type Place, peopleOf } from './names.ts';
import type { Seen } from './seen.ts';

/** When something happened: not before `from`, and certainly by `by` (Infinity where nobody was told). */
export interface When {
  readonly from: number;
  readonly by: number;
}

/** A version of a message: what it says, and when it began to say so. */
export interface Version extends When {
  readonly text: string;
}

interface Period {
  readonly joinedSeq: number;
  readonly leftSeq: number;
}

/** What a history says together: when each entry was made, who may read it, and what each message has said when. */
export class Timeline {
  readonly history: History;
  readonly #periods = new Map<string, Period[]>();
  readonly #made = new Map<Seen, When>();

  constructor(history: History) {
    this.history = history;
    for (const place of history.logs.keys()) this.#readPeriods(place);
  }

  log(place: Place): readonly Seen[] {
    return this.history.logs.get(place) ?? [];
  }

  entry(place: Place, seq: number): Seen | undefined {
    return this.log(place).find((entry) => entry.seq === seq);
  }

  /** Requests of some kinds. */
  asked<K extends Asked['kind']>(...kinds: K[]): Request<Extract<Asked, { kind: K }>>[] {
    return this.history.requests.filter(({ asked }) => (kinds as string[]).includes(asked.kind)) as never;
  }

  /** Whether the person was part of the place at that seq. */
  isVisible(person: Person, place: Place, seq: number): boolean {
    const periods = this.#periods.get(`${person} ${place}`) ?? [];
    return periods.some(({ joinedSeq, leftSeq }) => joinedSeq <= seq && seq <= leftSeq);
  }

  visible(person: Person, place: Place): number[] {
    return this.log(place)
      .filter(({ seq }) => this.isVisible(person, place, seq))
      .map(({ seq }) => seq);
  }

  /** When an entry was made, as the requests that could have made it tell. */
  madeAt(place: Place, entry: Seen): When {
    const known = this.#made.get(entry);
    if (known !== undefined) return known;
    if (isFounding(place, entry)) return { from: 0, by: 0 };
    const made = this.history.requests.filter((request) => couldMake(request, place, entry));
    const told = made.filter(({ answer }) => seqOf(answer) === entry.seq);
    const when = {
      from: Math.min(...made.map(({ begunAt }) => begunAt)),
      by: Math.min(...told.map(({ endedAt }) => endedAt)),
    };
    this.#made.set(entry, when);
    return when;
  }

  /** What a message has said: first of all what was sent, then each edit of it. */
  versions(place: Place, message: Seen): Version[] {
    const first = this.#attempts(message.by, message.id).find(({ answer }) => seqOf(answer) === message.seq);
    const edits = this.edits(place, message.seq).map((edit) => ({
      text: this.#attempts(edit.by, edit.id)[0]?.asked.text ?? '',
      ...this.madeAt(place, edit),
    }));
    const sent = first ?? this.#attempts(message.by, message.id).find(({ answer }) => answer === null);
    return [{ text: sent?.asked.text ?? '', ...this.madeAt(place, message) }, ...edits];
  }

  /** The entries that edit a message, in order. */
  edits(place: Place, seq: number): Seen[] {
    return this.log(place).filter(({ body }) => body.kind === 'edit' && body.targetSeq === seq);
  }

  /** The entry that takes a message back. */
  recall(place: Place, seq: number): Seen | undefined {
    return this.log(place).find(({ body }) => body.kind === 'recall' && body.targetSeq === seq);
  }

  /** Whatever was sent under an id. */
  #attempts(by: Person, id: string): Request<Extract<Asked, { kind: 'send' | 'edit' }>>[] {
    return this.asked('send', 'edit').filter((request) => request.by === by && request.asked.id === id);
  }

  /** A log tells itself who was in when. */
  #readPeriods(place: Place): void {
    if (place !== 'group') {
      for (const person of peopleOf(place))
        this.#periods.set(`${person} ${place}`, [{ joinedSeq: 1, leftSeq: Infinity }]);
      return;
    }
    for (const { seq, body } of this.log(place)) {
      if (body.kind !== 'membership' || body.change === 'role_changed') continue;
      const key = `${body.whom} ${place}`;
      const periods = this.#periods.get(key) ?? [];
      const last = periods.at(-1);
      if (body.role !== null) periods.push({ joinedSeq: seq, leftSeq: Infinity });
      else if (last !== undefined) periods.splice(-1, 1, { ...last, leftSeq: Math.min(last.leftSeq, seq) });
      this.#periods.set(key, periods);
    }
  }
}

/** The group was there before everything else. */
function isFounding(place: Place, { seq }: Seen): boolean {
  return place === 'group' && seq === 1;
}

/** The seq that a request was answered with. */
export function seqOf(answer: Request['answer']): number | null {
  return answer !== null && answer !== 'done' && 'seq' in answer ? answer.seq : null;
}

/** Why a request was refused: `CODE REASON`. */
export function refusalOf(answer: Request['answer']): string | null {
  return answer !== null && answer !== 'done' && 'refused' in answer ? answer.refused : null;
}

function couldMake({ by, asked, answer }: Request, place: Place, { by: author, id, seq, body }: Seen): boolean {
  if (by !== author || refusalOf(answer) !== null) return false;
  const given = seqOf(answer);
  if (given !== null && given !== seq) return false;
  if (asked.kind === 'send')
    return body.kind === 'content' || body.kind === 'recalled' ? asked.id === id && asked.place === place : false;
  if (asked.kind === 'edit') return body.kind === 'edit' && asked.id === id && asked.place === place;
  if (asked.kind === 'recall') return body.kind === 'recall' && asked.place === place && asked.seq === body.targetSeq;
  if (asked.kind === 'react') {
    const same = body.kind === 'reaction' && asked.emoji === body.emoji && asked.removed === body.removed;
    return same && asked.place === place && asked.seq === body.targetSeq;
  }
  if (body.kind !== 'membership' || place !== 'group') return false;
  if (asked.kind === 'join') return body.change === 'joined';
  if (asked.kind === 'leave') return body.change === 'left';
  if (asked.kind === 'invite') return body.change === 'invited' && body.whom === asked.whom;
  if (asked.kind === 'remove') return body.change === 'removed' && body.whom === asked.whom;
  return false;
}
