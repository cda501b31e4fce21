import type { Asked, Request } from '../history.ts';
import type { Timeline } from '../timeline.ts';
import { checkSeen } from './version-checks.ts';

/**
 * I1, I4, I6, I8 for ListMessages: what a user reads is all that they may read up to some place, not before anything
 * that had been acknowledged by then, and nothing else.
 */
export function checkReads(timeline: Timeline): string[] {
  return timeline.asked('read').flatMap((request) => checkRead(timeline, request));
}

function checkRead(timeline: Timeline, request: Request<Extract<Asked, { kind: 'read' }>>): string[] {
  const { by, asked, listed, begunAt } = request;
  if (listed === undefined) return [];
  const { place } = asked;
  const seqs = listed.map(({ seq }) => seq);
  const end = Math.max(0, ...seqs);
  const visible = timeline.visible(by, place);
  const stale = visible.filter((seq) => seq > end && timeline.madeAt(place, timeline.entry(place, seq)!).by < begunAt);
  const outside = seqs.filter((seq) => !visible.includes(seq));
  const missing = visible.filter((seq) => seq <= end && !seqs.includes(seq));
  const ascending = seqs.every((seq, index) => index === 0 || seqs[index - 1]! < seq);
  const what = `${by} read ${place} as ${seqs.join(', ')}`;
  return [
    ...(stale.length === 0 ? [] : [`I1: ${what}, though ${stale.join(', ')} had been acknowledged`]),
    ...(outside.length === 0 ? [] : [`I6: ${what}, though not in for ${outside.join(', ')}`]),
    ...(missing.length === 0 ? [] : [`I4: ${what}, without ${missing.join(', ')}`]),
    ...(ascending ? [] : [`I4: ${what}`]),
    ...listed.flatMap((entry) => checkSeen(timeline, place, entry, request).map((text) => `${text} (read by ${by})`)),
  ];
}
