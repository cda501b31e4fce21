import { expect } from '@jest/globals';

import { HistoryServiceService } from '../../proto/gen/parley/v1/history_service.pb.ts';
import { CallFailed } from '../e2e/protocol/rich-status.ts';
import type { Cast } from './arena.ts';
import type { Device } from './device.ts';
import type { Model, Summary } from './model.ts';
import { PEOPLE, type Person, type Place, placesOf, towards } from './names.ts';
import { type Listed, listedOf, seenOf } from './seen.ts';
import type { Told } from './stream-model.ts';

/**
 * After each step the server must be what the model is. What each person reads and lists is asked for where it should
 * be other than when it was asked for last; at the end of a run, whatever it should be.
 *
 * - each stream was told what it must have been told, in order and once, and nothing else (I3, I4, I6, I7);
 * - each device shows what is left of what it got: recalled bodies are gone (I8);
 * - each person reads by ListMessages exactly what they may read: all that was acknowledged and nothing that was not
 *   sent, without a gap, without a repeat, in the order of sending, and no body that was taken back (I1 to I6, I8);
 * - each person's list has the right ends, cursors and unread counts.
 */
export async function checkWorld(model: Model, cast: Cast, when: 'after a step' | 'at the end'): Promise<void> {
  if (when === 'at the end') cast.seen.clear();
  await Promise.all([...cast.devices.values()].map((device) => checkDevice(model, device, cast.patienceMs)));
  await Promise.all(
    PEOPLE.flatMap((person) => [
      ifOther(cast, `the list of ${person}`, byPlace(model.list(person)), () => listOf(cast, person)),
      ...placesOf(person).map((place) => {
        const expected = model.view(person, place) ?? 'CONVERSATION_NOT_FOUND';
        return ifOther(cast, `what ${person} reads of ${place}`, expected, () => viewOf(cast, person, place));
      }),
    ]),
  );
}

async function ifOther<T>(cast: Cast, what: string, expected: T, look: () => Promise<T>): Promise<void> {
  const text = JSON.stringify(expected);
  if (cast.seen.get(what) === text) return;
  expect({ what, is: await look() }).toEqual({ what, is: expected });
  cast.seen.set(what, text);
}

async function checkDevice(model: Model, device: Device, patienceMs: number): Promise<void> {
  const expected = model.devices.get(device.name)!;
  expect(device.connected).toBe(expected.stream !== null);
  if (expected.stream === null) return;
  const { told } = expected.stream;
  await device.settle(() => size(device.told) >= size(told), patienceMs);
  expect({ device: device.name, told: plain(device.told) }).toEqual({
    device: device.name,
    told: plain(told),
  });
  const shown = new Map([...device.shown].map(([place, log]) => [place, log.entries]));
  expect({ device: device.name, shown: plain(shown) }).toEqual({
    device: device.name,
    shown: plain(model.shown(device.name)),
  });
}

function size(told: ReadonlyMap<Place, readonly Told[]>): number {
  return [...told.values()].reduce((sum, { length }) => sum + length, 0);
}

/** Conversations of which there is something, by name. */
function plain<T>(byPlace: ReadonlyMap<Place, readonly T[]>): Record<string, readonly T[]> {
  return Object.fromEntries([...byPlace].filter(([, items]) => items.length > 0));
}

async function listOf(cast: Cast, person: Person): Promise<Summary[]> {
  const { directory } = cast;
  const conversations = await cast.user(person).conversations();
  return byPlace(
    conversations.map(({ lastSeq, lastOrdinal, cursor, unreadCount, closed, lastMessage }) => {
      expect([lastSeq, lastOrdinal]).toEqual([lastMessage?.seq, lastMessage?.ordinal]);
      return {
        place: directory.learn(lastMessage!),
        last: seenOf(lastMessage!, directory.nameOf),
        delivered: Number(cursor?.deliveredSeq),
        read: Number(cursor?.readSeq),
        unread: Number(unreadCount),
        closed,
      };
    }),
  );
}

function byPlace(list: readonly Summary[]): Summary[] {
  return list.toSorted((a, b) => a.place.localeCompare(b.place));
}

async function viewOf(cast: Cast, person: Person, place: Place): Promise<Listed[] | string> {
  const { directory } = cast;
  const request = {
    conversation: { $case: 'target', value: directory.target(towards(person, place)) },
    position: { $case: 'afterSeq', value: 0n },
    pageSize: 200,
    pageToken: '',
  } as const;
  try {
    const { messages } = await cast.user(person).call(HistoryServiceService.listMessages, request);
    return messages.map((message) => listedOf(message, directory.nameOf));
  } catch (error) {
    if (error instanceof CallFailed) return error.reason;
    throw error;
  }
}
