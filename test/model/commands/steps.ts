import * as fc from 'fast-check';

import { blocks } from './blocks.ts';
import { edits, reactions, recalls } from './changes.ts';
import {
  endings,
  hidings,
  invitations,
  joins,
  leaves,
  promotions,
  removals,
  showings,
  transfers,
} from './membership.ts';
import { readings } from './reading.ts';
import { retries, sends } from './send.ts';
import { connections, disconnections, marks } from './streams.ts';
import type { Step } from './step.ts';

/** All that can happen, more often what happens more often. */
export const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 14, arbitrary: sends },
  { weight: 5, arbitrary: retries },
  { weight: 8, arbitrary: connections },
  { weight: 2, arbitrary: disconnections },
  { weight: 6, arbitrary: marks },
  { weight: 5, arbitrary: joins },
  { weight: 4, arbitrary: leaves },
  { weight: 2, arbitrary: invitations },
  { weight: 2, arbitrary: removals },
  { weight: 1, arbitrary: promotions },
  { weight: 1, arbitrary: transfers },
  { weight: 1, arbitrary: endings },
  { weight: 1, arbitrary: showings },
  { weight: 1, arbitrary: hidings },
  { weight: 4, arbitrary: blocks },
  { weight: 4, arbitrary: recalls },
  { weight: 4, arbitrary: edits },
  { weight: 3, arbitrary: reactions },
  { weight: 2, arbitrary: readings },
);
