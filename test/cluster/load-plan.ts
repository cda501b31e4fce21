import { credentials } from '@grpc/grpc-js';

import { JoinPolicy } from '../../proto/gen/parley/v1/group.pb.ts';
import { type CreateGroupResponse, GroupServiceClient } from '../../proto/gen/parley/v1/group_service.pb.ts';
import type { Target } from '../../proto/gen/parley/v1/message.pb.ts';
import { bearer, call, type Login, signUp } from './chat-peer.ts';

/** Passwords take a core for some milliseconds each, and a replica refuses more than it can soon get done. */
const SIGN_UPS_AT_ONCE = 16;
/** Of ten messages of a user, so many go to their group. */
const TO_GROUP_OF_TEN = 1;

/** Who takes part, and where each writes. */
export interface LoadPlan {
  readonly logins: readonly Login[];
  /** Where the user with this index writes, in turns. */
  targetsOf(user: number): readonly LoadTarget[];
}

export interface LoadTarget {
  readonly target: Target;
  /** The indices of those who are to get what is sent there. */
  readonly recipients: readonly number[];
}

/**
 * Signs users up and makes their groups. Users 0 and 1 write to each other, 2 and 3 …; each is in one group, with others
 * than the one they write to where there are enough.
 *
 * @param users an even number
 */
export async function makeLoadPlan(address: string, users: number, groupSize: number): Promise<LoadPlan> {
  const logins = await signUpAll(address, users);
  const groupCount = Math.max(1, Math.floor(users / groupSize));
  const groupOf = (user: number): number => (Math.floor(user / 2) + user) % groupCount;
  const membersOf = (group: number): number[] =>
    logins.map((_login, user) => user).filter((user) => groupOf(user) === group);
  const groups = await Promise.all(
    Array.from({ length: groupCount }, (_, group) =>
      makeGroup(
        address,
        membersOf(group).map((user) => logins[user]!),
      ),
    ),
  );
  return { logins, targetsOf };

  function targetsOf(user: number): LoadTarget[] {
    const other = user ^ 1;
    const direct: LoadTarget = {
      target: { target: { $case: 'userId', value: BigInt(logins[other]!.userId) } },
      recipients: [other],
    };
    const group: LoadTarget = {
      target: { target: { $case: 'groupId', value: groups[groupOf(user)]! } },
      recipients: membersOf(groupOf(user)).filter((member) => member !== user),
    };
    return Array.from({ length: 10 }, (_, turn) => (turn < TO_GROUP_OF_TEN ? group : direct));
  }
}

async function signUpAll(address: string, users: number): Promise<Login[]> {
  const logins: Login[] = [];
  const names = Array.from({ length: users }, (_, user) => `load-${process.pid}-${user}`).values();
  const work = async (): Promise<void> => {
    for (const name of names) logins.push(await signUp(address, name));
  };
  await Promise.all(Array.from({ length: SIGN_UPS_AT_ONCE }, work));
  return logins;
}

async function makeGroup(address: string, [owner, ...others]: readonly Login[]): Promise<bigint> {
  const groups = new GroupServiceClient(address, credentials.createInsecure());
  const request = {
    ...{ name: 'load', description: '', requestId: '' },
    ...{ joinPolicy: JoinPolicy.JOIN_POLICY_OPEN, memberLimit: 0, historyVisible: false },
  };
  try {
    const { group } = await call<CreateGroupResponse>((done) =>
      groups.createGroup(request, bearer(owner!.token), done),
    );
    const groupId = group!.id;
    for (const { token } of others) await call((done) => groups.joinGroup({ groupId }, bearer(token), done));
    return groupId;
  } finally {
    groups.close();
  }
}
