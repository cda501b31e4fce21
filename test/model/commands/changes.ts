import { randomUUID } from 'node:crypto';

import { expect } from '@jest/globals';
import * as fc from 'fast-check';

import { ChatServiceService } from '../../../proto/gen/parley/v1/chat_service.pb.ts';
import { Content } from '../../../proto/gen/parley/v1/message.pb.ts';
import { answerOf } from '../answer.ts';
import type { Model } from '../model.ts';
import { PEOPLE, type Person, type Place, placesOf } from '../names.ts';
import type { Seen } from '../seen.ts';
import { pick, type Step, stepsOf } from './step.ts';

/** What somebody changes: any entry, whether or not they may, or could know of it. */
interface Changing {
  readonly by: Person;
  readonly place: Place;
  readonly seq: number;
}

const drawn = { by: fc.nat(), message: fc.nat(), anybody: fc.constantFrom(true, false, false, false) };

export const recalls: fc.Arbitrary<Step> = stepsOf(fc.record(drawn), {
  choose: (model, numbers): Changing | null => chooseMessage(model, numbers),
  words: ({ by, place, seq }) => `${by} recalls ${seq} of ${place}`,
  async take({ by, place, seq }, model, cast) {
    const request = { conversationId: cast.directory.idOf(place), seq: BigInt(seq) };
    const call = cast.user(by).call(ChatServiceService.recallMessage, request);
    const expected = model.recall(by, place, seq);
    expect(await answerOf(call.then(({ receipt }) => receipt))).toEqual(expected);
  },
});

interface Editing extends Changing {
  readonly id: string;
  readonly text: string;
  readonly expectedRevision: number;
}

/** Edits, some of a revision that isn't there, some under an id that was used before: as it was, or for another text. */
export const edits: fc.Arbitrary<Step> = stepsOf(
  fc.record({
    ...drawn,
    text: fc.constantFrom('tea!', 'coffee'),
    stale: fc.constantFrom(0, 0, 0, 1),
    again: fc.option(fc.nat(), { freq: 3 }),
  }),
  {
    choose(model, numbers): Editing | null {
      const chosen = chooseMessage(model, numbers);
      if (chosen === null) return null;
      const { by } = chosen;
      const before = numbers.again === null ? null : pick(editsOf(model, by), numbers.again);
      const target = before ?? chosen;
      const { body } = model.conversation(target.place)!.at(target.seq)!;
      const revision = body.kind === 'content' ? body.revision : 0;
      return { by, id: randomUUID(), text: numbers.text, expectedRevision: revision + numbers.stale, ...target };
    },
    words: ({ by, place, seq, text, expectedRevision }) =>
      `${by} edits ${seq} of ${place} into "${text}", after revision ${expectedRevision}`,
    async take({ by, place, seq, id, text, expectedRevision }, model, cast) {
      const call = cast.user(by).call(ChatServiceService.editMessage, {
        clientMessageId: id,
        conversationId: cast.directory.idOf(place),
        seq: BigInt(seq),
        content: Content.fromPartial({ text }),
        expectedRevision,
      });
      const expected = model.edit(by, place, seq, id, text, expectedRevision);
      expect(await answerOf(call.then(({ receipt }) => receipt))).toEqual(expected);
    },
  },
);

interface Reacting extends Changing {
  readonly emoji: string;
  readonly removed: boolean;
}

export const reactions: fc.Arbitrary<Step> = stepsOf(
  fc.record({ ...drawn, emoji: fc.constantFrom('👍', '🫖'), removed: fc.constantFrom(false, false, true) }),
  {
    choose(model, numbers): Reacting | null {
      const chosen = chooseMessage(model, { ...numbers, anybody: true });
      return chosen && { ...chosen, emoji: numbers.emoji, removed: numbers.removed };
    },
    words: ({ by, place, seq, emoji, removed }) =>
      `${by} ${removed ? 'takes back' : 'reacts with'} ${emoji} on ${seq} of ${place}`,
    async take({ by, place, seq, emoji, removed }, model, cast) {
      const request = { conversationId: cast.directory.idOf(place), seq: BigInt(seq), emoji, removed };
      const call = cast.user(by).call(ChatServiceService.setReaction, request);
      const expected = model.react(by, place, seq, emoji, removed);
      expect(await answerOf(call.then(({ receipt }) => receipt ?? {}))).toEqual(expected);
    },
  },
);

/** Mostly one's own message; null where nothing was said yet. */
function chooseMessage(
  model: Model,
  numbers: { readonly by: number; readonly message: number; readonly anybody: boolean },
): Changing | null {
  const entry = pick(allEntries(model), numbers.message);
  if (entry === null) return null;
  const by = numbers.anybody ? pick(PEOPLE, numbers.by)! : entry.by;
  return { by, place: entry.place, seq: entry.seq };
}

function editsOf(model: Model, person: Person): { id: string; place: Place; seq: number }[] {
  return allEntries(model).flatMap(({ by, id, place, body }) =>
    by === person && body.kind === 'edit' ? [{ id, place, seq: body.targetSeq }] : [],
  );
}

/** Every entry, the messages twice. */
function allEntries(model: Model): (Seen & { readonly place: Place })[] {
  const places = new Set(PEOPLE.flatMap(placesOf));
  return [...places].flatMap((place) =>
    (model.conversation(place)?.entries ?? [])
      .flatMap((entry) => (entry.body.kind === 'content' ? [entry, entry, entry] : [entry]))
      .map((entry) => ({ ...entry.seen(), place })),
  );
}
