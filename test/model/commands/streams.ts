import { expect } from '@jest/globals';
import * as fc from 'fast-check';

import { ack, read } from '../../e2e/protocol/frames.ts';
import type { Model } from '../model.ts';
import { type DeviceName, ownerOf, type Place, placesOf } from '../names.ts';
import type { Cursors } from '../stream-model.ts';
import { pick, type Step, stepsOf } from './step.ts';

/**
 * What a device declares: nothing; all that it has; the half of it, as from an old backup; more than there is; or
 * positions in another log.
 */
const declarations = ['nothing', 'nothing', 'all', 'all', 'half', 'too much', 'another log'] as const;

interface Connecting {
  readonly device: DeviceName;
  readonly declares: (typeof declarations)[number];
  readonly cursors: Cursors | null;
}

/** A device opens a stream; one that is connected breaks off the one that it has. */
export const connections: fc.Arbitrary<Step> = stepsOf(
  fc.record({ device: fc.nat(), declares: fc.constantFrom(...declarations) }),
  {
    choose(model, drawn): Connecting {
      const device = pick([...model.devices.keys()], drawn.device)!;
      return { device, declares: drawn.declares, cursors: cursorsOf(model, device, drawn.declares) };
    },
    words: ({ device, declares, cursors }) =>
      `${device} connects, declaring ${declares}: ${JSON.stringify(Object.fromEntries(cursors?.positions ?? []))}`,
    async take({ device, cursors }, model, cast) {
      if (cast.device(device).connected) await cast.device(device).disconnect('cancel');
      model.connect(device, cursors);
      await cast.device(device).connect(cursors);
    },
  },
);

function cursorsOf(model: Model, device: DeviceName, declares: Connecting['declares']): Cursors | null {
  if (declares === 'nothing') return null;
  const positions = new Map<Place, number>();
  for (const [place, seqs] of model.devices.get(device)!.has) {
    if (seqs.size === 0) continue;
    const last = Math.max(...seqs.keys());
    const given = { all: last, 'another log': last, half: Math.floor(last / 2), 'too much': last + 1_000 };
    positions.set(place, given[declares]);
  }
  // The epoch of this log is known from a stream before.
  return positions.size === 0 ? null : { positions, ofThisLog: declares !== 'another log' };
}

export const disconnections: fc.Arbitrary<Step> = stepsOf(
  fc.record({ device: fc.nat(), how: fc.constantFrom('finish', 'cancel') }),
  {
    choose(model, drawn): { device: DeviceName; how: 'finish' | 'cancel' } | null {
      const device = pick(connected(model), drawn.device);
      return device === null ? null : { device, how: drawn.how };
    },
    words: ({ device, how }) => `${device} disconnects (${how})`,
    async take({ device, how }, model, cast) {
      model.disconnect(device);
      await cast.device(device).disconnect(how);
    },
  },
);

interface Marking {
  readonly device: DeviceName;
  readonly frame: 'ack' | 'read';
  readonly place: Place;
  readonly seq: number;
}

/** Acknowledgements and marks of reading, up to what the stream was given and one beyond. */
export const marks: fc.Arbitrary<Step> = stepsOf(
  fc.record({ device: fc.nat(), frame: fc.constantFrom('ack', 'ack', 'read'), place: fc.nat(), back: fc.nat() }),
  {
    choose(model, drawn): Marking | null {
      const device = pick(connected(model), drawn.device);
      if (device === null) return null;
      const said = placesOf(ownerOf(device)).filter((place) => (model.conversation(place)?.head ?? 0) > 0);
      const place = pick(said, drawn.place);
      if (place === null) return null;
      const last = model.devices.get(device)!.stream!.acknowledgeable(place);
      // Mostly all of it; now and then one too many.
      const seq = pick([last, last, last, Math.floor(last / 2), last + 1], drawn.back)!;
      return { device, frame: drawn.frame, place, seq };
    },
    words: ({ device, frame, place, seq }) => `${device} marks (${frame}) ${place} up to ${seq}`,
    async take({ device, frame, place, seq }, model, cast) {
      const real = cast.device(device);
      const refusal = model.mark(device, frame, place, seq);
      const position = real.positionOf(place, seq);
      real.chat.send(frame === 'ack' ? ack(position) : read(position));
      await real.settle(() => true, cast.patienceMs);
      expect(real.refusals.splice(0)).toEqual(refusal === null ? [] : [refusal]);
    },
  },
);

function connected(model: Model): DeviceName[] {
  return [...model.devices].flatMap(([name, { stream }]) => (stream === null ? [] : [name]));
}
