import type { Place } from '../names.ts';
import type { Seen } from '../seen.ts';
import type { Timeline, When } from '../timeline.ts';

/** When something was looked at: it may show what was so at any time between. */
export interface Looking {
  readonly begunAt: number;
  readonly endedAt: number;
}

/**
 * I4 and I8 for one entry that somebody saw: it is the one that the log has there, and says what that one said at some
 * time while they were looking. What was erased before they began is not seen any more.
 */
export function checkSeen(timeline: Timeline, place: Place, seen: Seen, looking: Looking): string[] {
  const entry = timeline.entry(place, seen.seq);
  const where = `entry ${seen.seq} of ${place}`;
  if (entry === undefined) return [`I2: ${where} was seen, and is not there`];
  const same = entry.by === seen.by && entry.id === seen.id && entry.ordinal === seen.ordinal;
  if (!same) return [`I4: ${where} was seen as another`];
  const { body } = seen;
  if (body.kind === 'content' || body.kind === 'recalled') return checkMessage(timeline, place, seen, looking);
  if (body.kind === 'edit') return checkEdit(timeline, place, seen, body, looking);
  return JSON.stringify(body) === JSON.stringify(entry.body) ? [] : [`I4: ${where} was seen as another`];
}

function checkMessage(timeline: Timeline, place: Place, seen: Seen, looking: Looking): string[] {
  const { seq, body } = seen;
  const entry = timeline.entry(place, seq)!;
  const where = `entry ${seq} of ${place}`;
  const recall = timeline.recall(place, seq);
  const recalled = recall && timeline.madeAt(place, recall);
  if (body.kind === 'recalled') {
    const right = body.recallSeq === recall?.seq && recalled !== undefined && mayBe(recalled, looking);
    return right ? [] : [`I8: ${where} was seen as recalled`];
  }
  if (body.kind !== 'content') return [];
  if (recalled !== undefined && mustBe(recalled, looking)) return [`I8: ${where} was seen after its recall`];
  const versions = timeline.versions(place, entry);
  const version = versions[body.revision];
  const next = versions[body.revision + 1];
  if (version === undefined || version.text !== body.text) return [`I2: ${where} was seen to say "${body.text}"`];
  if (!mayBe(version, looking)) return [`I2: ${where} was seen before it was made so`];
  return next !== undefined && mustBe(next, looking) ? [`I8: ${where} was seen as it was before an edit`] : [];
}

function checkEdit(
  timeline: Timeline,
  place: Place,
  { seq }: Seen,
  body: Extract<Seen['body'], { kind: 'edit' }>,
  looking: Looking,
): string[] {
  const where = `entry ${seq} of ${place}`;
  const entry = timeline.entry(place, seq)!;
  if (entry.body.kind !== 'edit') return [`I4: ${where} was seen as another`];
  const { targetSeq, revision } = entry.body;
  if (body.targetSeq !== targetSeq || body.revision !== revision) return [`I4: ${where} was seen as another`];
  const target = timeline.entry(place, targetSeq);
  const edits = timeline.edits(place, targetSeq);
  const erasers = [edits[revision], timeline.recall(place, targetSeq)].filter((one) => one !== undefined);
  const times = erasers.map((eraser) => timeline.madeAt(place, eraser));
  if (body.text === null)
    return times.some((time) => mayBe(time, looking)) ? [] : [`I1: ${where} was seen without its text`];
  if (times.some((time) => mustBe(time, looking))) return [`I8: ${where} was seen with what it said`];
  const version = target && timeline.versions(place, target)[revision];
  return version?.text === body.text ? [] : [`I2: ${where} was seen to say "${body.text}"`];
}

function mayBe({ from }: When, { endedAt }: Looking): boolean {
  return from < endedAt;
}

function mustBe({ by }: When, { begunAt }: Looking): boolean {
  return by < begunAt;
}
