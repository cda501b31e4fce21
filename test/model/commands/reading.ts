import { expect } from '@jest/globals';
import * as fc from 'fast-check';

import { HistoryServiceService } from '../../../proto/gen/parley/v1/history_service.pb.ts';
import { PEOPLE, type Person, type Place, placesOf } from '../names.ts';
import { listedOf } from '../seen.ts';
import { pick, type Step, stepsOf } from './step.ts';

interface Reading {
  readonly by: Person;
  readonly place: Place;
  readonly direction: 'before' | 'after';
  readonly seq: number;
  readonly pageSize: number;
}

/** A page of a log, from anywhere in it, in either direction. */
export const readings: fc.Arbitrary<Step> = stepsOf(
  fc.record({
    by: fc.nat(),
    place: fc.nat(),
    seq: fc.nat(),
    direction: fc.constantFrom('before', 'after'),
    pageSize: fc.integer({ min: 1, max: 6 }),
  }),
  {
    choose(model, drawn): Reading | null {
      const by = pick(PEOPLE, drawn.by)!;
      const place = pick(
        placesOf(by).filter((one) => model.view(by, one) !== null && model.conversation(one)!.head > 0),
        drawn.place,
      );
      if (place === null) return null;
      const seq = drawn.seq % (model.conversation(place)!.head + 2);
      return { by, place, seq, direction: drawn.direction, pageSize: drawn.pageSize };
    },
    words: ({ by, place, seq, direction, pageSize }) => `${by} reads ${pageSize} of ${place} ${direction} ${seq}`,
    async take({ by, place, direction, seq, pageSize }, model, cast) {
      const { directory } = cast;
      const { messages, nextPageToken } = await cast.user(by).call(HistoryServiceService.listMessages, {
        conversation: { $case: 'conversationId', value: directory.idOf(place) },
        position: { $case: direction === 'before' ? 'beforeSeq' : 'afterSeq', value: BigInt(seq) },
        pageSize,
        pageToken: '',
      });
      const view = model.view(by, place)!;
      const asked = view.filter((entry) => (direction === 'before' ? entry.seq < seq : entry.seq > seq));
      const page = direction === 'before' ? asked.slice(-pageSize) : asked.slice(0, pageSize);
      expect(messages.map((message) => listedOf(message, directory.nameOf))).toEqual(page);
      expect(nextPageToken !== '').toBe(asked.length > page.length);
    },
  },
);
