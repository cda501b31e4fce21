import { expect } from '@jest/globals';
import * as fc from 'fast-check';

import { FriendServiceService } from '../../../proto/gen/parley/v1/friend_service.pb.ts';
import { answerOf } from '../answer.ts';
import { PEOPLE, type Person } from '../names.ts';
import { pick, type Step, stepsOf } from './step.ts';

interface Blocking {
  readonly by: Person;
  readonly whom: Person;
  readonly ends: boolean;
}

/** Blocks, and ends of blocks, whether or not there is one. */
export const blocks: fc.Arbitrary<Step> = stepsOf(
  fc.record({ by: fc.nat(), whom: fc.nat(), ends: fc.constantFrom(false, false, true) }),
  {
    choose(_model, drawn): Blocking {
      const by = pick(PEOPLE, drawn.by)!;
      const others = PEOPLE.filter((other) => other !== by);
      return { by, whom: pick(others, drawn.whom)!, ends: drawn.ends };
    },
    words: ({ by, whom, ends }) => `${by} ${ends ? 'unblocks' : 'blocks'} ${whom}`,
    async take({ by, whom, ends }, model, cast) {
      const expected = ends ? model.unblock(by, whom) : model.block(by, whom);
      const rpc = ends ? FriendServiceService.unblockUser : FriendServiceService.blockUser;
      expect(await answerOf(cast.user(by).call(rpc, { userId: cast.directory.userId(whom) }))).toEqual(expected);
    },
  },
);
