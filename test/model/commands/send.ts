import { randomUUID } from 'node:crypto';

import { expect } from '@jest/globals';
import * as fc from 'fast-check';

import { Content } from '../../../proto/gen/parley/v1/message.pb.ts';
import { readStatus } from '../../e2e/protocol/rich-status.ts';
import { type Answer, answerOf, receiptOf, refusalOf } from '../answer.ts';
import type { Cast } from '../arena.ts';
import type { Model } from '../model.ts';
import { type DeviceName, ownerOf, PEOPLE, type Person, placeOf, placesOf, type To } from '../names.ts';
import { pick, type Step, stepsOf } from './step.ts';

/** A message on its way: on the stream of a device that is connected, else by a call of its own. */
interface Sending {
  readonly device: DeviceName;
  readonly onStream: boolean;
  readonly to: To;
  readonly id: string;
  readonly text: string;
}

const mostly = fc.constantFrom(true, true, true, false);
const texts = fc.constantFrom('tea?', 'yes', 'no', 'später 🫖');

/** New messages, to anybody and to the group, whether or not their sender may write there. */
export const sends: fc.Arbitrary<Step> = stepsOf(
  fc.record({ device: fc.nat(), to: fc.nat(), text: texts, onStream: mostly, allowed: mostly }),
  {
    choose(model, drawn): Sending {
      // Half of all is said in the group, mostly by those who are in it.
      const to = pick([...PEOPLE.map((): To => 'group'), ...PEOPLE], drawn.to)!;
      const all = [...model.devices.keys()];
      const members = all.filter((name) => model.group.roles.has(ownerOf(name)));
      const device = pick(to === 'group' && drawn.allowed && members.length > 0 ? members : all, drawn.device)!;
      return { device, to, text: drawn.text, id: randomUUID(), onStream: canStream(model, device, drawn.onStream) };
    },
    words: ({ device, onStream, to, text }) => `${device} sends "${text}" to ${to}${onStream ? '' : ' by a call'}`,
    take: sendAndCompare,
  },
);

/** What was sent before, sent again: as it was, with another text, or to somebody else. */
export const retries: fc.Arbitrary<Step> = stepsOf(
  fc.record({
    sent: fc.nat(),
    device: fc.nat(),
    onStream: mostly,
    change: fc.constantFrom('nothing', 'nothing', 'text', 'target'),
    to: fc.nat(),
  }),
  {
    choose(model, drawn): (Sending & { change: string }) | null {
      const first = pick(sentSoFar(model), drawn.sent);
      if (first === null) return null;
      const device = pick(
        [...model.devices.keys()].filter((name) => ownerOf(name) === first.by),
        drawn.device,
      )!;
      const others: To[] = ['group', ...PEOPLE.filter((person) => person !== first.by)];
      const elsewhere = pick(
        others.filter((to) => to !== first.to),
        drawn.to,
      )!;
      return {
        device,
        onStream: canStream(model, device, drawn.onStream),
        id: first.id,
        to: drawn.change === 'target' ? elsewhere : first.to,
        text: drawn.change === 'text' ? `${first.text}!` : first.text,
        change: drawn.change,
      };
    },
    words: ({ device, onStream, to, text, change }) =>
      `${device} sends "${text}" to ${to} again, with ${change} changed${onStream ? '' : ', by a call'}`,
    take: sendAndCompare,
  },
);

function canStream(model: Model, device: DeviceName, wanted: boolean): boolean {
  return wanted && model.devices.get(device)!.stream !== null;
}

function sentSoFar(model: Model): { by: Person; id: string; to: To; text: string }[] {
  const places = new Set(PEOPLE.flatMap(placesOf));
  return [...places].flatMap((place) =>
    (model.conversation(place)?.entries ?? []).flatMap(({ by, id, request }) => {
      const [kind, to, text] = request === '' ? [] : (JSON.parse(request) as [string, To, string]);
      return kind === 'send' ? [{ by, id, to: to!, text: text! }] : [];
    }),
  );
}

async function sendAndCompare({ device, onStream, to, id, text }: Sending, model: Model, cast: Cast): Promise<void> {
  const by = ownerOf(device);
  const place = placeOf(by, to);
  const head = model.conversation(place)?.head ?? 0;
  const expected = model.send(by, to, id, text, onStream ? device : null);
  const actual = await sendIt({ device, onStream, to, id, text }, cast);
  expect(actual).toEqual(expected);
  if (onStream && 'seq' in Object(expected) && model.conversation(place)!.head > head) {
    const { seq, ordinal } = model.conversation(place)!.entries.at(-1)!;
    cast.device(device).showOwn(place, { seq, ordinal, by, id, body: { kind: 'content', text, revision: 0 } });
  }
}

async function sendIt({ device, onStream, to, id, text }: Sending, cast: Cast): Promise<Answer> {
  const by = ownerOf(device);
  const { directory } = cast;
  const target = directory.target(to);
  const message = { clientMessageId: id, target, content: Content.fromPartial({ text }) };
  const { chat, user } = { user: cast.device(device).user, chat: onStream ? cast.device(device).chat : null };
  if (chat === null) {
    return answerOf(
      user.post(message).then((receipt) => {
        directory.learnReceipt(by, to, receipt);
        return receipt;
      }),
    );
  }
  const outcome = await chat.post(message);
  if (outcome?.$case === 'error') return refusalOf(readStatus(outcome.value));
  directory.learnReceipt(by, to, outcome!.value);
  return receiptOf(outcome!.value);
}
