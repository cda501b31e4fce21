import type { Asked, Request } from '../history.ts';
import { type Person, type Place, placeOf } from '../names.ts';
import type { Seen } from '../seen.ts';
import { refusalOf, type Timeline } from '../timeline.ts';

/** I6 for writing: who was out wrote nothing, who was in was not refused. What overlaps with a change may go either way. */
export function checkPermissions(timeline: Timeline): string[] {
  return [
    ...[...timeline.history.logs].flatMap(([place, log]) =>
      log.flatMap((entry) => [...checkWriter(timeline, place, entry), ...checkBlocked(timeline, place, entry)]),
    ),
    ...timeline.history.requests.flatMap((request) => checkRefusal(timeline, request)),
  ];
}

/** A log tells itself whether its writers were in. */
function checkWriter(timeline: Timeline, place: Place, { seq, by, body }: Seen): string[] {
  if (!timeline.isVisible(by, place, seq)) return [`I6: entry ${seq} of ${place} is by ${by}, who was out`];
  if (body.kind !== 'recall') return [];
  const author = timeline.entry(place, body.targetSeq)?.by;
  const founder = timeline.entry('group', 1)?.by;
  const may = by === author || (place === 'group' && by === founder);
  return may ? [] : [`I8: entry ${seq} of ${place} is a recall by ${by}, who may not`];
}

/** Nothing new was said between a block's answer and the beginning of its end. */
function checkBlocked(timeline: Timeline, place: Place, entry: Seen): string[] {
  if (place === 'group' || entry.body.kind === 'recall') return [];
  const { from, by } = timeline.madeAt(place, entry);
  return blocksIn(timeline, place)
    .filter(
      (block) =>
        block.endedAt < from && !timeline.asked('unblock').some((end) => lifts(end, block) && end.begunAt < by),
    )
    .map(() => `I6: entry ${entry.seq} of ${place} was made while one had blocked the other`);
}

type Blocking = Request<Extract<Asked, { kind: 'block' | 'unblock' }>>;

function blocksIn(timeline: Timeline, place: Place): Blocking[] {
  return timeline
    .asked('block')
    .filter(({ by, asked }) => place === `${by}+${asked.whom}` || place === `${asked.whom}+${by}`);
}

/** Whether an unblock may have ended that block. */
function lifts(unblock: Blocking, block: Blocking): boolean {
  return unblock.by === block.by && unblock.asked.whom === block.asked.whom && unblock.endedAt > block.begunAt;
}

/** A refusal needs a reason that may have held while the request was under way. */
function checkRefusal(timeline: Timeline, request: Request): string[] {
  const refusal = refusalOf(request.answer);
  if (refusal === null || isJustified(timeline, request, refusal)) return [];
  return [`I6: ${request.by}'s ${request.asked.kind} was refused with ${refusal}`];
}

function isJustified(timeline: Timeline, request: Request, refusal: string): boolean {
  const { asked, by } = request;
  const place = 'place' in asked ? asked.place : asked.kind === 'invite' ? placeOf(by, asked.whom) : 'group';
  switch (refusal) {
    case 'PERMISSION_DENIED NOT_A_MEMBER':
      return place === 'group' && !wasCertainlyIn(timeline, by, request);
    case 'PERMISSION_DENIED RECIPIENT_UNAVAILABLE':
      return blocksIn(timeline, place).some((block) => mayHaveHeld(timeline, block, request));
    case 'NOT_FOUND CONVERSATION_NOT_FOUND':
      return (
        asked.kind === 'read' &&
        timeline.visible(by, place).every((seq) => !wasCertainlyThere(timeline, place, seq, request))
      );
    case 'NOT_FOUND MESSAGE_NOT_FOUND':
      if (asked.kind !== 'edit' && asked.kind !== 'react') return false;
      return !timeline.isVisible(by, place, asked.seq) || mayBeRecalled(timeline, place, asked.seq, request);
    case 'ABORTED REVISION_CONFLICT':
      return (
        asked.kind === 'edit' && mayHaveOtherRevision(timeline, request as Request<Extract<Asked, { kind: 'edit' }>>)
      );
    case 'ALREADY_EXISTS CLIENT_MESSAGE_ID_REUSED':
      return (asked.kind === 'send' || asked.kind === 'edit') && wasUsedBefore(timeline, request, asked.id);
    default:
      return false;
  }
}

/** They had joined before, and nothing that could have put them out began before the request ended. */
function wasCertainlyIn(timeline: Timeline, person: Person, { begunAt, endedAt }: Request): boolean {
  const founder = timeline.entry('group', 1)?.by === person;
  const ins = timeline
    .asked('join', 'invite')
    .filter(({ by, asked }) => ('whom' in asked ? asked.whom : by) === person);
  const outs = timeline
    .asked('leave', 'remove')
    .filter(({ by, asked }) => ('whom' in asked ? asked.whom : by) === person);
  const since = Math.max(
    founder ? 0 : -Infinity,
    ...ins.filter(({ answer, endedAt: joined }) => answer === 'done' && joined < begunAt).map((join) => join.begunAt),
  );
  return (
    since !== -Infinity &&
    !outs.some((out) => out.begunAt < endedAt && out.endedAt > since && refusalOf(out.answer) === null)
  );
}

function mayHaveHeld(timeline: Timeline, block: Blocking, { begunAt, endedAt }: Request): boolean {
  const ended = timeline
    .asked('unblock')
    .some((end) => lifts(end, block) && end.begunAt > block.endedAt && end.endedAt < begunAt);
  return block.begunAt < endedAt && !ended;
}

function wasCertainlyThere(timeline: Timeline, place: Place, seq: number, { begunAt }: Request): boolean {
  return timeline.madeAt(place, timeline.entry(place, seq)!).by < begunAt;
}

function mayBeRecalled(timeline: Timeline, place: Place, seq: number, { endedAt }: Request): boolean {
  const recall = timeline.recall(place, seq);
  return recall !== undefined && timeline.madeAt(place, recall).from < endedAt;
}

function mayHaveOtherRevision(
  timeline: Timeline,
  { asked, begunAt, endedAt }: Request<Extract<Asked, { kind: 'edit' }>>,
): boolean {
  const edits = timeline.edits(asked.place, asked.seq).map((edit) => timeline.madeAt(asked.place, edit));
  const least = edits.filter(({ by }) => by < begunAt).length;
  const most = edits.filter(({ from }) => from < endedAt).length;
  return least !== asked.expectedRevision || most !== asked.expectedRevision;
}

function wasUsedBefore(timeline: Timeline, request: Request, id: string): boolean {
  return timeline
    .asked('send', 'edit')
    .some(
      (other) =>
        other !== request && other.by === request.by && other.asked.id === id && other.begunAt < request.endedAt,
    );
}
