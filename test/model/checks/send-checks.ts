import type { Seen } from '../seen.ts';
import type { Asked, Request } from '../history.ts';
import type { Place } from '../names.ts';
import { refusalOf, seqOf, type Timeline } from '../timeline.ts';

/** I1, I2, I3, I5: what was acknowledged is there, what is there was asked for, and in the order of asking. */
export function checkSends(timeline: Timeline): string[] {
  return [
    ...timeline.asked('send', 'edit', 'recall', 'react').flatMap((request) => checkReceipt(timeline, request)),
    ...[...timeline.history.logs].flatMap(([place, log]) => [
      ...log.flatMap((entry) => checkOrigin(timeline, place, entry)),
      ...checkRealTime(timeline, place, log),
    ]),
    ...checkReuse(timeline),
    ...checkStreamOrder(timeline),
  ];
}

type Stored = Request<Extract<Asked, { kind: 'send' | 'edit' | 'recall' | 'react' }>>;

/** I1: the place that a receipt names holds what was sent. */
function checkReceipt(timeline: Timeline, { by, asked, answer }: Stored): string[] {
  const seq = seqOf(answer);
  if (seq === null) return [];
  const entry = timeline.entry(asked.place, seq);
  const what = `${by}'s ${asked.kind} ${'id' in asked ? asked.id : asked.seq}`;
  if (entry === undefined) return [`I1: ${what}, acknowledged as ${seq} of ${asked.place}, is lost`];
  return isAnswer(entry, by, asked)
    ? []
    : [`I1: ${what} was acknowledged as ${seq} of ${asked.place}, which is another`];
}

function isAnswer({ by, id, body }: Seen, asker: string, asked: Stored['asked']): boolean {
  if (asked.kind === 'send')
    return by === asker && id === asked.id && (body.kind === 'content' || body.kind === 'recalled');
  if (asked.kind === 'edit')
    return by === asker && id === asked.id && body.kind === 'edit' && body.targetSeq === asked.seq;
  // Somebody else may have taken it back before.
  if (asked.kind === 'recall') return body.kind === 'recall' && body.targetSeq === asked.seq;
  const same = body.kind === 'reaction' && body.targetSeq === asked.seq && body.emoji === asked.emoji;
  return same && by === asker && body.removed === asked.removed;
}

/** I2: somebody asked for it, and was not told that it is refused. */
function checkOrigin(timeline: Timeline, place: Place, entry: Seen): string[] {
  const { from } = timeline.madeAt(place, entry);
  return from === Infinity ? [`I2: entry ${entry.seq} of ${place} (${entry.body.kind}) was never asked for`] : [];
}

/** I5: what had been answered before something else was asked for stands before it. */
function checkRealTime(timeline: Timeline, place: Place, log: readonly Seen[]): string[] {
  const times = log.map((entry) => ({ entry, ...timeline.madeAt(place, entry) }));
  return times.flatMap((later, index) =>
    times
      .slice(index + 1)
      .filter((earlier) => earlier.by < later.from)
      .map(
        (earlier) =>
          `I5: entry ${earlier.entry.seq} of ${place} was acknowledged before ${later.entry.seq} was asked for`,
      ),
  );
}

/** I3: an id stands for one content: the same gives the first receipt, another is refused. */
function checkReuse(timeline: Timeline): string[] {
  const byId = Map.groupBy(timeline.asked('send', 'edit'), ({ by, asked }) => `${by} ${asked.id}`);
  return [...byId].flatMap(([key, requests]) => {
    const stored = requests.filter(({ answer }) => seqOf(answer) !== null);
    const contents = new Set(stored.map(({ asked, answer }) => `${contentOf(asked)} ${seqOf(answer)}`));
    const reused = requests.filter(({ answer }) => refusalOf(answer)?.endsWith('CLIENT_MESSAGE_ID_REUSED') === true);
    const wrongly = reused.filter(({ asked }) => stored.some((first) => contentOf(first.asked) === contentOf(asked)));
    return [
      ...(contents.size <= 1 ? [] : [`I3: ${key} has several receipts: ${[...contents].join(', ')}`]),
      ...wrongly.map(() => `I3: ${key}, sent again as it was, is refused`),
    ];
  });
}

function contentOf(asked: Extract<Asked, { kind: 'send' | 'edit' }>): string {
  return JSON.stringify([asked.kind, asked.place, asked.text, asked.kind === 'edit' ? asked.seq : 0]);
}

/** I5: what one stream sends to one place is stored in the order of sending. */
function checkStreamOrder(timeline: Timeline): string[] {
  const first = new Map<string, Request>();
  for (const request of timeline.asked('send')) {
    const key = `${request.by} ${request.asked.id}`;
    if (!first.has(key)) first.set(key, request);
  }
  const onStreams = [...first.values()].filter(({ stream, answer }) => stream !== null && seqOf(answer) !== null);
  const lanes = Map.groupBy(
    onStreams,
    ({ stream, asked }) => `${timeline.history.streams.indexOf(stream!)} ${(asked as { place: Place }).place}`,
  );
  return [...lanes].flatMap(([lane, requests]) => {
    const seqs = requests.map(({ answer }) => seqOf(answer)!);
    const ascending = seqs.every((seq, index) => index === 0 || seqs[index - 1]! < seq);
    return ascending ? [] : [`I5: the sends of stream ${lane} are stored as ${seqs.join(', ')}`];
  });
}
