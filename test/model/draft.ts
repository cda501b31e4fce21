import { findViolations } from './checker.ts';
import { type Asked, type History, Recorder, type Request, type StreamRecord } from './history.ts';
import { ownerOf, type Place } from './names.ts';
import type { MembershipKind, Seen, SeenBody } from './seen.ts';

/** A history written by hand: a group of ann's, in which bob comes and goes. */
export class Draft {
  readonly recorder = new Recorder();
  readonly logs = new Map<Place, Seen[]>();

  constructor() {
    this.entry('group', { kind: 'membership', change: 'joined', whom: 'ann', role: 'owner' });
  }

  get history(): History {
    const { requests, streams, acks } = this.recorder;
    return { requests, streams, acks, logs: this.logs };
  }

  get violations(): string[] {
    return findViolations(this.history);
  }

  begin(device: 'ann/1' | 'bob/1' | 'bob/2', asked: Asked, stream: StreamRecord | null = null): Request {
    return this.recorder.begin(device, ownerOf(device), asked, stream);
  }

  /** The log's next entry, as `by` made it. */
  entry(place: Place, body: SeenBody, by: 'ann' | 'bob' = 'ann', id = ''): Seen {
    const log = this.logs.get(place) ?? [];
    this.logs.set(place, log);
    const counts = body.kind === 'content' || body.kind === 'recalled' ? 1 : 0;
    const entry = { seq: log.length + 1, ordinal: (log.at(-1)?.ordinal ?? 0) + counts, by, id, body };
    log.push(entry);
    return entry;
  }

  /** A message that was sent, stored and acknowledged. */
  said(id: string, device: 'ann/1' | 'bob/1' = 'ann/1', stream: StreamRecord | null = null): Seen {
    const request = this.begin(device, { kind: 'send', place: 'group', id, text: id }, stream);
    const by = device === 'ann/1' ? 'ann' : 'bob';
    const entry = this.entry('group', { kind: 'content', text: id, revision: 0 }, by, id);
    this.recorder.end(request, { seq: entry.seq, ordinal: entry.ordinal });
    return entry;
  }

  moves(change: Extract<MembershipKind, 'joined' | 'left'>): Seen {
    const request = this.begin('bob/1', { kind: change === 'joined' ? 'join' : 'leave' });
    const role = change === 'joined' ? 'member' : null;
    const entry = this.entry('group', { kind: 'membership', change, whom: 'bob', role }, 'bob');
    this.recorder.end(request, 'done');
    return entry;
  }

  /** ann takes a message back. */
  recalls(target: Seen): void {
    const request = this.begin('ann/1', { kind: 'recall', place: 'group', seq: target.seq });
    const { seq, ordinal } = this.entry('group', { kind: 'recall', targetSeq: target.seq });
    this.logs.get('group')![target.seq - 1] = { ...target, body: { kind: 'recalled', recallSeq: seq } };
    this.recorder.end(request, { seq, ordinal });
  }

  reads(device: 'ann/1' | 'bob/1', listed: readonly Seen[]): void {
    const request = this.begin(device, { kind: 'read', place: 'group' });
    this.recorder.end(
      request,
      'done',
      listed.map((entry) => ({ ...entry, reactions: [] })),
    );
  }

  /** A stream of bob's, caught up with what it is told here and open to the end. */
  stream(cursor: number | null, told: readonly Seen[], device: 'bob/1' | 'bob/2' = 'bob/1'): StreamRecord {
    const stream = this.recorder.open(device, 'bob', cursor === null ? null : new Map([['group', cursor]]));
    this.tells(stream, ...told);
    this.recorder.caughtUp(stream);
    return stream;
  }

  tells(stream: StreamRecord, ...told: Seen[]): void {
    for (const entry of told) stream.items.push({ place: 'group', told: { entry } });
  }
}
