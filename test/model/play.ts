import { Actor } from './actor.ts';
import type { Cast } from './arena.ts';
import { hasAll } from './checks/stream-checks.ts';
import { type History, Recorder } from './history.ts';
import { FOUNDER, MEMBERS, ownerOf, PEOPLE, type Person, type Place, peopleOf, placesOf } from './names.ts';
import type { Act } from './script.ts';
import type { Seen } from './seen.ts';
import { Timeline } from './timeline.ts';
import { type Board, UnaryActs } from './unary-acts.ts';

/**
 * Lets all devices of a cast play their scripts at once, and then come to rest: no send without an answer, every stream
 * told all that there is, and once more after each device has come back with its own cursors.
 */
export async function play(cast: Cast, scripts: readonly (readonly Act[])[]): Promise<History> {
  const recorder = new Recorder();
  const board: Board = [];
  const { directory } = cast;
  const parts = [...cast.devices.values()].map(({ name, user }) => {
    const unary = new UnaryActs(name, { user, directory, recorder, board });
    return { name, unary, actor: new Actor(name, user, directory, recorder, unary) };
  });
  const actors = parts.map(({ actor }) => actor);
  const by = (person: Person) => parts.find(({ name }) => ownerOf(name) === person)!.unary;
  // Most are in from the beginning.
  for (const member of MEMBERS) await by(member).do({ does: 'join' });
  await Promise.all(actors.map((actor, index) => actor.play(scripts[index] ?? [])));
  for (const actor of actors) await actor.settleSends();

  const logs = new Map<Place, readonly Seen[]>();
  for (const place of new Set(PEOPLE.flatMap(placesOf))) {
    const log = await by(place === 'group' ? FOUNDER : peopleOf(place)[0]!).read(place);
    logs.set(
      place,
      log.map(({ reactions: _reactions, ...entry }) => entry),
    );
  }
  const history = { requests: recorder.requests, streams: recorder.streams, acks: recorder.acks, logs };
  const timeline = new Timeline(history);
  const settle = async () => {
    const told = await Promise.all(
      actors.map((actor) => actor.settle((stream) => hasAll(timeline, stream), cast.patienceMs)),
    );
    return told.every((all) => all);
  };

  // Where something is lost already, nobody needs to wait for more.
  if (!(await settle())) return history;
  for (const actor of actors) await actor.connect(true);
  await settle();
  for (const person of PEOPLE) for (const place of placesOf(person)) await by(person).read(place);
  return history;
}
