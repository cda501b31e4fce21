import * as fc from 'fast-check';

import { GroupServiceService } from '../../proto/gen/parley/v1/group_service.pb.ts';
import type { Arena, Cast } from './arena.ts';
import { checkWorld } from './check-world.ts';
import type { Step } from './commands/step.ts';
import { Model } from './model.ts';
import { type DeviceName, FOUNDER, MEMBERS } from './names.ts';
import { againBy, askedRuns } from './replay.ts';

export interface StepsOptions {
  readonly runs: number;
  readonly maxSteps: number;
  readonly devices: readonly DeviceName[];
  /** Where the same steps are wanted every time: then the environment is not asked, and nothing shorter looked for. */
  readonly seed?: number;
}

/** A run that failed, with what had happened by then. */
class RunFailed extends Error {
  readonly story: readonly string[];

  constructor(story: readonly string[], cause: unknown) {
    super('the run failed', { cause });
    this.story = story;
  }
}

/**
 * Takes random steps, on the server and in the model. A failure tells the shortest sequence that was found, and how to
 * see it again.
 */
export async function runSteps(arena: Arena, steps: fc.Arbitrary<Step>, options: StepsOptions): Promise<void> {
  const { replayPath, ...asked } = askedRuns(options);
  const commands = fc.commands([steps], {
    maxCommands: options.maxSteps,
    size: 'max',
    ...(replayPath !== undefined && { replayPath }),
  });
  const property = fc.asyncProperty(commands, async (taken) => {
    await using cast = await arena.cast(FOUNDER, options.devices);
    const model = new Model(FOUNDER, options.devices);
    try {
      await begin(model, cast);
      await fc.asyncModelRun(() => ({ model, real: cast }), taken);
      await checkWorld(model, cast, 'at the end');
    } catch (error) {
      throw new RunFailed(cast.story, error);
    }
  });
  const details = await fc.check(property, { ...asked, endOnFailure: options.seed !== undefined });
  if (!details.failed) return;
  const { errorInstance: error } = details;
  if (!(error instanceof RunFailed)) throw error;
  const [, foundBy] = /replayPath="(.*)"/.exec(String((details.counterexample as unknown[])[0])) ?? [];
  const report = [
    `after ${details.numRuns} runs, and ${details.numShrinks} times shorter:`,
    ...error.story.map((step, index) => `${index + 1}. ${step}`),
    againBy(details, foundBy),
  ];
  throw new Error(report.join('\n'), { cause: error.cause });
}

/** Most are in the group from the beginning, each with a device that is connected. */
async function begin(model: Model, cast: Cast): Promise<void> {
  for (const person of MEMBERS) {
    model.inGroup(person, model.group.join(person));
    await cast.user(person).call(GroupServiceService.joinGroup, { groupId: cast.directory.groupId });
  }
  for (const person of [FOUNDER, ...MEMBERS]) {
    model.connect(`${person}/1`, null);
    await cast.device(`${person}/1`).connect(null);
  }
}
