import type { Answer } from './answer.ts';
import type { DeviceName, Person, Place } from './names.ts';
import type { Listed, Seen } from './seen.ts';
import type { Told } from './stream-model.ts';

/**
 * What clients did and saw while several of them acted at once. Times are places in one order of all events, as the
 * process that all clients run in saw them: what ended before something began did so in real time.
 */
export interface History {
  readonly requests: readonly Request[];
  readonly streams: readonly StreamRecord[];
  readonly acks: readonly Ack[];
  /** Each conversation's log after all is over, as somebody reads it who was there from the beginning. */
  readonly logs: ReadonlyMap<Place, readonly Seen[]>;
}

/** What is asked for. */
export type Asked =
  | { readonly kind: 'send'; readonly place: Place; readonly id: string; readonly text: string }
  | {
      readonly kind: 'edit';
      readonly place: Place;
      readonly seq: number;
      readonly id: string;
      readonly text: string;
      readonly expectedRevision: number;
    }
  | { readonly kind: 'recall'; readonly place: Place; readonly seq: number }
  | {
      readonly kind: 'react';
      readonly place: Place;
      readonly seq: number;
      readonly emoji: string;
      readonly removed: boolean;
    }
  | { readonly kind: 'join' }
  | { readonly kind: 'leave' }
  | { readonly kind: 'invite'; readonly whom: Person }
  | { readonly kind: 'remove'; readonly whom: Person }
  | { readonly kind: 'block'; readonly whom: Person }
  | { readonly kind: 'unblock'; readonly whom: Person }
  | { readonly kind: 'read'; readonly place: Place };

/** One request of a client, from its beginning to its answer. */
export interface Request<A extends Asked = Asked> {
  readonly by: Person;
  readonly device: DeviceName;
  readonly asked: A;
  readonly begunAt: number;
  /** Infinity where no answer came. */
  endedAt: number;
  /** Null: unknown, it may have been done or not. */
  answer: Answer | null;
  /** Of a read: the entries, by seq. */
  listed?: readonly Listed[];
  /** The stream that it was sent on; null for a call of its own. */
  readonly stream: StreamRecord | null;
}

/** What came on a stream. */
export interface StreamItem {
  readonly place: Place;
  readonly told: Told;
}

/** One Chat stream, as its client saw it. */
export interface StreamRecord {
  readonly by: Person;
  readonly device: DeviceName;
  /** When hello was sent. */
  readonly begunAt: number;
  /** Where the client said it was; null: from the server's cursors. */
  readonly cursors: ReadonlyMap<Place, number> | null;
  /** In the order of coming. */
  readonly items: StreamItem[];
  /** How many of the items had come, and when, by the time it was caught up; null: it never was. */
  caughtUp: { readonly items: number; readonly at: number } | null;
  /** Why frames were refused. */
  readonly refusals: Answer[];
  /** Infinity: it was still open when all was over, and had been given time to tell everything. */
  endedAt: number;
}

/** An acknowledgement that was sent. */
export interface Ack {
  readonly by: Person;
  readonly place: Place;
  readonly seq: number;
  readonly at: number;
  readonly stream: StreamRecord;
}

/** Writes a history while it happens. */
export class Recorder {
  readonly requests: Request[] = [];
  readonly streams: StreamRecord[] = [];
  readonly acks: Ack[] = [];
  #now = 0;

  begin<A extends Asked>(device: DeviceName, by: Person, asked: A, stream: StreamRecord | null = null): Request<A> {
    const request = { by, device, asked, begunAt: this.#tick(), endedAt: Infinity, answer: null, stream };
    this.requests.push(request);
    return request;
  }

  end(request: Request, answer: Answer, listed?: readonly Listed[]): void {
    request.endedAt = this.#tick();
    request.answer = answer;
    if (listed !== undefined) request.listed = listed;
  }

  open(device: DeviceName, by: Person, cursors: ReadonlyMap<Place, number> | null): StreamRecord {
    const begunAt = this.#tick();
    const stream = { by, device, begunAt, cursors, items: [], caughtUp: null, refusals: [], endedAt: Infinity };
    this.streams.push(stream);
    return stream;
  }

  /** All items so far were told before it was caught up. */
  caughtUp(stream: StreamRecord): void {
    stream.caughtUp = { items: stream.items.length, at: this.#tick() };
  }

  close(stream: StreamRecord): void {
    stream.endedAt = this.#tick();
  }

  ack(stream: StreamRecord, place: Place, seq: number): void {
    this.acks.push({ by: stream.by, place, seq, at: this.#tick(), stream });
  }

  #tick(): number {
    return (this.#now += 1);
  }
}
