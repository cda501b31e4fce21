import type { StreamRecord } from '../history.ts';
import type { Place } from '../names.ts';
import type { Timeline } from '../timeline.ts';
import { checkSeen } from './version-checks.ts';

/**
 * I3, I4, I6, I7, I8 for each stream: entries in the order of seq, each once, each visible to its user; between two of
 * them only what was skipped or sent by the stream itself; from where it began, everything.
 */
export function checkStreams(timeline: Timeline): string[] {
  const { streams, logs } = timeline.history;
  return streams.flatMap((stream, index) =>
    [...logs.keys()]
      .flatMap((place) => checkStream(timeline, stream, place).map((text) => `${text} of ${place}`))
      .concat(stream.refusals.map((refusal) => `I7: a mark was refused: ${JSON.stringify(refusal)}`))
      .map((text) => `${text} (stream ${index}, of ${stream.device})`),
  );
}

/** Whether a stream that is open has been told all that there is. */
export function hasAll(timeline: Timeline, stream: StreamRecord): boolean {
  return [...timeline.history.logs.keys()].every((place) => checkLacking(timeline, stream, place).length === 0);
}

function checkStream(timeline: Timeline, stream: StreamRecord, place: Place): string[] {
  const items = stream.items.filter((item) => item.place === place);
  if (items.some(({ told }) => 'reset' in told)) return ['I7: a reset, though the cursor was of this log'];
  const entries = items.flatMap(({ told }) => ('entry' in told ? [told.entry] : []));
  const skips = items.flatMap(({ told }) => ('skip' in told ? [told.skip] : []));
  const visible = timeline.visible(stream.by, place);
  const outside = entries.filter(({ seq }) => !visible.includes(seq));
  const hidden = visible.filter((seq) => skips.some(([from, to]) => from <= seq && seq <= to));
  return [
    ...checkSequence(timeline, stream, place),
    ...outside.map(({ seq }) => `I6: told ${seq} without being in`),
    ...hidden.map((seq) => `I7: ${seq} was skipped`),
    ...checkLacking(timeline, stream, place),
    ...entries.flatMap((entry) => checkSeen(timeline, place, entry, stream)),
  ];
}

/** Each item begins where the one before it ended, but for what the stream sent itself. */
function checkSequence(timeline: Timeline, stream: StreamRecord, place: Place): string[] {
  const own = ownSeqs(timeline, stream, place);
  const problems: string[] = [];
  let position = stream.cursors?.get(place) ?? null;
  for (const { place: at, told } of stream.items) {
    if (at !== place || 'reset' in told) continue;
    const [from, to] = 'entry' in told ? [told.entry.seq, told.entry.seq] : told.skip;
    if (position !== null) {
      if (from <= position) problems.push(`I4: told ${from} after ${position}`);
      for (let seq = position + 1; seq < from; seq += 1) {
        if (!own.has(seq)) problems.push(`I4: told ${from} after ${position}, without ${seq}`);
      }
    }
    position = to;
  }
  return problems;
}

/**
 * What the stream was not told from where it began. Up to the last that it was told nothing may be missing; when it was
 * caught up, nothing that had been acknowledged before hello; at the end, if it was still open, nothing at all.
 */
function checkLacking(timeline: Timeline, stream: StreamRecord, place: Place): string[] {
  const own = ownSeqs(timeline, stream, place);
  const seqs = toldSeqs(stream, place);
  const atFirst = toldSeqs(stream, place, stream.caughtUp?.items);
  const last = stream.endedAt === Infinity ? Infinity : Math.max(0, ...seqs);
  const lacking = timeline.visible(stream.by, place).filter((seq) => {
    if (own.has(seq) || isBeforeStart(timeline, stream, place, seq, seqs[0] ?? Infinity)) return false;
    const entry = timeline.entry(place, seq)!;
    const waited = stream.caughtUp !== null && timeline.madeAt(place, entry).by < stream.begunAt;
    return (seq <= last && !seqs.includes(seq)) || (waited && !atFirst.includes(seq));
  });
  return lacking.map((seq) => `I7: was not told ${seq}`);
}

function toldSeqs(stream: StreamRecord, place: Place, items = Infinity): number[] {
  return stream.items
    .slice(0, items)
    .flatMap(({ place: at, told }) => (at === place && 'entry' in told ? [told.entry.seq] : []));
}

/**
 * Where the client gave a cursor, the stream begins there; else where its user's other streams may have moved the
 * user's cursor. What was asked for after the stream was caught up comes after its beginning in any case.
 */
function isBeforeStart(
  timeline: Timeline,
  stream: StreamRecord,
  place: Place,
  seq: number,
  firstTold: number,
): boolean {
  const declared = stream.cursors?.get(place);
  if (declared !== undefined) return seq <= declared;
  const entry = timeline.entry(place, seq)!;
  if (seq > firstTold || timeline.madeAt(place, entry).from > (stream.caughtUp?.at ?? Infinity)) return false;
  const acks = timeline.history.acks.filter(
    (ack) => ack.by === stream.by && ack.place === place && ack.stream !== stream,
  );
  return entry.by === stream.by || acks.some((ack) => ack.seq >= seq && ack.at < stream.endedAt);
}

/** What this stream sent: its results are its delivery. */
function ownSeqs(timeline: Timeline, stream: StreamRecord, place: Place): ReadonlySet<number> {
  const ids = new Set(
    timeline.asked('send').flatMap((request) => (request.stream === stream ? [request.asked.id] : [])),
  );
  const own = timeline.log(place).filter(({ by, id }) => by === stream.by && ids.has(id));
  return new Set(own.map(({ seq }) => seq));
}
