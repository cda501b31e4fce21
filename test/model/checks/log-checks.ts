import type { Place } from '../names.ts';
import type { Seen } from '../seen.ts';
import type { Timeline } from '../timeline.ts';

/** I3, I4, I8 in each log by itself: one after the other without a gap, nothing twice, and what was taken back is gone. */
export function checkLogs(timeline: Timeline): string[] {
  const places = [...timeline.history.logs.keys()];
  return [
    ...places.flatMap((place) => [
      ...checkNumbers(place, timeline.log(place)),
      ...timeline.log(place).flatMap((entry) => checkLeftovers(timeline, place, entry)),
    ]),
    ...checkIds(timeline),
  ];
}

function checkNumbers(place: Place, log: readonly Seen[]): string[] {
  const seqs = log.map(({ seq }) => seq);
  const gapFree = seqs.every((seq, index) => seq === index + 1);
  let said = 0;
  const counted = log.every(({ ordinal, body }) => {
    if (body.kind === 'content' || body.kind === 'recalled') said += 1;
    return ordinal === said;
  });
  return [
    ...(gapFree ? [] : [`I4: the log of ${place} is ${seqs.join(', ')}`]),
    ...(counted ? [] : [`I4: the ordinals of ${place} are ${log.map(({ ordinal }) => ordinal).join(', ')}`]),
  ];
}

function checkIds(timeline: Timeline): string[] {
  const rows = [...timeline.history.logs].flatMap(([place, log]) =>
    log.filter(({ id }) => id !== '').map(({ by, id, seq }) => ({ key: `${by} ${id}`, at: `${place} ${seq}` })),
  );
  return [...Map.groupBy(rows, ({ key }) => key)].flatMap(([key, same]) =>
    same.length === 1 ? [] : [`I3: ${key} is stored ${same.length} times: ${same.map(({ at }) => at).join(', ')}`],
  );
}

/** What an entry must look like after all that came later in its log. */
function checkLeftovers(timeline: Timeline, place: Place, entry: Seen): string[] {
  const { body, seq, by } = entry;
  const where = `entry ${seq} of ${place}`;
  if (body.kind === 'content' || body.kind === 'recalled') {
    const recall = timeline.recall(place, seq);
    if ((body.kind === 'recalled') !== (recall !== undefined)) return [`I8: ${where} is ${body.kind}`];
    if (body.kind === 'recalled') return body.recallSeq === recall?.seq ? [] : [`I8: ${where} names another recall`];
    const now = timeline.versions(place, entry).at(-1)!;
    const revision = timeline.edits(place, seq).length;
    return body.text === now.text && body.revision === revision ? [] : [`I8: ${where} says "${body.text}"`];
  }
  if (body.kind !== 'recall' && body.kind !== 'edit' && body.kind !== 'reaction') return [];
  const target = timeline.entry(place, body.targetSeq);
  if (target?.body.kind !== 'content' && target?.body.kind !== 'recalled') return [`I2: ${where} names no message`];
  const recall = timeline.recall(place, body.targetSeq);
  if (recall !== undefined && recall.seq < seq) return [`I8: ${where} changes what was recalled`];
  if (body.kind !== 'edit') return [];
  const edits = timeline.edits(place, body.targetSeq);
  const superseded = recall !== undefined || edits.at(-1) !== entry;
  return [
    ...(target.by === by ? [] : [`I6: ${where} is not by the author`]),
    ...(edits.indexOf(entry) === body.revision - 1 ? [] : [`I4: ${where} is revision ${body.revision}`]),
    ...((body.text === null) === superseded ? [] : [`I8: ${where} says "${body.text}"`]),
  ];
}
