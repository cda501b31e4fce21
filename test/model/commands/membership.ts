import { expect } from '@jest/globals';
import * as fc from 'fast-check';

import { GroupRole, JoinPolicy } from '../../../proto/gen/parley/v1/group.pb.ts';
import { GroupServiceService } from '../../../proto/gen/parley/v1/group_service.pb.ts';
import { type Answer, answerOf } from '../answer.ts';
import type { Cast } from '../arena.ts';
import type { Outcome } from '../group-model.ts';
import type { Model } from '../model.ts';
import { PEOPLE, type Person } from '../names.ts';
import { pick, type Step, stepsOf } from './step.ts';

/** Who asks something of the group, and whom it is about, where it is about somebody. */
interface Doing {
  readonly by: Person;
  readonly whom: Person;
}

/** A request to the group: in words, on the server, and what comes of it. */
interface Request {
  /** Whether it is for admins, who then make it more often than others. */
  readonly forAdmins?: boolean;
  readonly words: (doing: Doing) => string;
  readonly call: (cast: Cast, doing: Doing) => Promise<object>;
  readonly outcome: (model: Model, doing: Doing) => Outcome;
}

const {
  joinGroup,
  leaveGroup,
  inviteMember,
  removeMember,
  setMemberRole,
  transferOwnership,
  updateGroup,
  deleteGroup,
} = GroupServiceService;

export const joins = requests({
  words: ({ by }) => `${by} joins`,
  call: (cast, { by }) => cast.user(by).call(joinGroup, groupOf(cast)),
  outcome: ({ group }, { by }) => group.join(by),
});

export const leaves = requests({
  words: ({ by }) => `${by} leaves`,
  call: (cast, { by }) => cast.user(by).call(leaveGroup, groupOf(cast)),
  outcome: (model, { by }) => model.group.leave(by, model.conversation('group')!.knows(by)),
});

export const invitations = requests({
  words: ({ by, whom }) => `${by} invites ${whom}`,
  call: (cast, { by, whom }) => cast.user(by).call(inviteMember, { ...groupOf(cast), ...userOf(cast, whom) }),
  outcome: (model, { by, whom }) => model.group.invite(by, whom, model.areApart(by, whom)),
});

export const removals = requests({
  forAdmins: true,
  words: ({ by, whom }) => `${by} removes ${whom}`,
  call: (cast, { by, whom }) => cast.user(by).call(removeMember, { ...groupOf(cast), ...userOf(cast, whom) }),
  outcome: ({ group }, { by, whom }) => group.remove(by, whom),
});

export const promotions = requests({
  forAdmins: true,
  words: ({ by, whom }) => `${by} makes ${whom} an admin`,
  call: (cast, { by, whom }) => {
    const role = GroupRole.GROUP_ROLE_ADMIN;
    return cast.user(by).call(setMemberRole, { ...groupOf(cast), ...userOf(cast, whom), role });
  },
  outcome: ({ group }, { by, whom }) => group.setRole(by, whom, 'admin'),
});

export const transfers = requests({
  forAdmins: true,
  words: ({ by, whom }) => `${by} makes ${whom} the owner`,
  call: (cast, { by, whom }) => cast.user(by).call(transferOwnership, { ...groupOf(cast), ...userOf(cast, whom) }),
  outcome: ({ group }, { by, whom }) => group.transfer(by, whom),
});

export const showings = requests(historyVisible(true));
export const hidings = requests(historyVisible(false));

export const endings = requests({
  forAdmins: true,
  words: ({ by }) => `${by} deletes the group`,
  call: (cast, { by }) => cast.user(by).call(deleteGroup, groupOf(cast)),
  outcome: ({ group }, { by }) => group.end(by),
});

function historyVisible(visible: boolean): Request {
  return {
    forAdmins: true,
    words: ({ by }) => `${by} ${visible ? 'shows' : 'hides'} what was before`,
    call: (cast, { by }) => {
      const group = { ...NOTHING, id: cast.directory.groupId, historyVisible: visible };
      return cast.user(by).call(updateGroup, { group, updateMask: ['history_visible'] });
    },
    outcome: ({ group }, { by }) => group.showHistory(by, visible),
  };
}

/** The fields of a group that no mask names. */
const NOTHING = {
  name: '',
  description: '',
  ownerId: 0n,
  conversationId: 0n,
  memberLimit: 0,
  memberCount: 0,
  joinPolicy: JoinPolicy.JOIN_POLICY_UNSPECIFIED,
  role: GroupRole.GROUP_ROLE_UNSPECIFIED,
  createTime: undefined,
};

function requests({ forAdmins = false, words, call, outcome }: Request): fc.Arbitrary<Step> {
  return stepsOf(fc.record({ by: fc.nat(), whom: fc.nat() }), {
    choose(model, drawn): Doing {
      const admins = [...model.group.roles].flatMap(([person, role]) => (role === 'member' ? [] : [person]));
      const askers = forAdmins ? [...admins, ...admins, ...admins, ...PEOPLE] : PEOPLE;
      return { by: pick(askers, drawn.by)!, whom: pick(PEOPLE, drawn.whom)! };
    },
    words,
    async take(doing, model, cast) {
      const expected = model.inGroup(doing.by, outcome(model, doing));
      const actual: Answer = await answerOf(call(cast, doing));
      expect(actual).toEqual(expected);
    },
  });
}

function groupOf({ directory }: Cast): { groupId: bigint } {
  return { groupId: directory.groupId };
}

function userOf({ directory }: Cast, person: Person): { userId: bigint } {
  return { userId: directory.userId(person) };
}
