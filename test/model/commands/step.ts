import type * as fc from 'fast-check';

import type { Cast } from '../arena.ts';
import { checkWorld } from '../check-world.ts';
import type { Model } from '../model.ts';

/**
 * A kind of step. What a step is about is drawn as numbers and chosen from the model when its turn comes, so that any
 * steps in any order make sense, and a failing sequence stays one while it is being shortened.
 */
export interface Kind<Drawn, Choice> {
  /** What the numbers mean now; null where the step is not possible. */
  readonly choose: (model: Model, drawn: Drawn) => Choice | null;
  /** The step in words, for the counterexample. */
  readonly words: (choice: Choice) => string;
  /** Takes the step, on the server and in the model, and compares the answers. */
  readonly take: (choice: Choice, model: Model, cast: Cast) => Promise<void>;
}

export type Step = fc.AsyncCommand<Model, Cast>;

/** Steps of a kind: each takes its turn, and then the whole world is checked. */
export function stepsOf<Drawn, Choice>(
  drawn: fc.Arbitrary<Drawn>,
  { choose, words, take }: Kind<Drawn, Choice>,
): fc.Arbitrary<Step> {
  return drawn.map((numbers) => ({
    check: (model) => choose(model as Model, numbers) !== null,
    async run(model, cast) {
      const choice = choose(model, numbers)!;
      cast.story.push(words(choice));
      await take(choice, model, cast);
      await checkWorld(model, cast, 'after a step');
    },
  }));
}

/** The one of the items that a number stands for; null where there is none. */
export function pick<T>(items: readonly T[], number: number): T | null {
  return items[number % items.length] ?? null;
}
