import { describe, expect, test } from '@jest/globals';

import { GroupRole, JoinPolicy } from '../../proto/gen/parley/v1/group.pb.ts';
import { Content, MembershipChangeKind } from '../../proto/gen/parley/v1/message.pb.ts';
import { PresenceState } from '../../proto/gen/parley/v1/presence.pb.ts';
import type { Entry, MembershipChangeKind as ChangeKind } from '../store/seam/entry.ts';
import type { GroupRecord, GroupRole as Role, JoinPolicy as Policy } from '../store/seam/records.ts';
import { fromJoinPolicy, fromTarget, toGroup, toPresence, toRole } from './wire.ts';
import { fromContent, toMessage } from './wire-entries.ts';

const LARGE = Number.MAX_SAFE_INTEGER;
const GROUP: GroupRecord = {
  id: 2,
  name: 'team',
  description: 'ours',
  ownerId: 3,
  conversationId: 4,
  memberLimit: 5,
  joinPolicy: 'open',
  historyVisible: true,
  createdAt: 1_700_000_000_000,
  memberCount: 6,
};
const ENTRY: Entry = {
  conversationId: LARGE,
  seq: LARGE - 1,
  ordinal: LARGE - 2,
  target: { kind: 'group', groupId: LARGE - 3 },
  senderId: LARGE - 4,
  senderName: 'ann',
  clientMessageId: null,
  createdAt: 1_700_000_000_123,
  body: { kind: 'content', content: { text: 'hi' } },
};
const INVALID = (field: string) =>
  expect.objectContaining({ reason: 'INVALID_FIELD', violations: [expect.objectContaining({ field })] });

describe('words are those of the contract', () => {
  test.each<Role>(['member', 'admin', 'owner'])('the role %s', (role) => {
    expect(GroupRole[toRole(role)]).toBe(`GROUP_ROLE_${role.toUpperCase()}`);
  });

  test('no role is none', () => {
    expect(toRole(null)).toBe(GroupRole.GROUP_ROLE_UNSPECIFIED);
  });

  test.each<Policy>(['open', 'invite_only', 'approval'])('the join policy %s, both ways', (joinPolicy) => {
    const wire = toGroup({ group: { ...GROUP, joinPolicy }, role: null }).joinPolicy;
    expect(JoinPolicy[wire]).toBe(`JOIN_POLICY_${joinPolicy.toUpperCase()}`);
    expect(fromJoinPolicy(wire, 'join_policy')).toBe(joinPolicy);
  });

  test('an unset join policy is open, an unknown one is refused', () => {
    expect(fromJoinPolicy(JoinPolicy.JOIN_POLICY_UNSPECIFIED, 'join_policy')).toBe('open');
    for (const unknown of [JoinPolicy.UNRECOGNIZED, 99]) {
      expect(() => fromJoinPolicy(unknown, 'join_policy')).toThrow(INVALID('join_policy'));
    }
  });

  test.each<ChangeKind>(['joined', 'invited', 'left', 'removed', 'role_changed'])('the change %s', (change) => {
    const body = { kind: 'membership', change, userId: 9, userName: 'bob', role: 'admin' } as const;
    const wire = toMessage({ ...ENTRY, body }).body;
    if (wire?.$case !== 'membershipChange') throw new Error(`it is a ${wire?.$case}`);
    expect(MembershipChangeKind[wire.value.kind]).toBe(`MEMBERSHIP_CHANGE_KIND_${change.toUpperCase()}`);
    expect(wire.value).toMatchObject({ userId: 9n, userName: 'bob', role: GroupRole.GROUP_ROLE_ADMIN });
  });
});

test('the largest ids and seqs of an entry come through unchanged', () => {
  expect(toMessage(ENTRY)).toEqual({
    conversationId: BigInt(LARGE),
    seq: BigInt(LARGE) - 1n,
    ordinal: BigInt(LARGE) - 2n,
    target: { target: { $case: 'groupId', value: BigInt(LARGE) - 3n } },
    senderId: BigInt(LARGE) - 4n,
    senderName: 'ann',
    clientMessageId: '',
    createTime: new Date(1_700_000_000_123),
    revision: 0,
    reactions: [],
    body: { $case: 'content', value: Content.fromPartial({ text: 'hi' }) },
  });
});

test('a message that was sent carries its id, its text and its payload', () => {
  const clientMessageId = '01890a5d-ac96-774b-bcce-b302099a8057';
  const payload = { mediaType: 'application/cbor', data: Uint8Array.from([0, 255]) };
  const body = { kind: 'content', content: { text: 'hi', payload } } as const;
  const message = toMessage({ ...ENTRY, target: { kind: 'user', userId: 7 }, clientMessageId, body });
  expect(message).toMatchObject({ clientMessageId, target: { target: { $case: 'userId', value: 7n } } });
  const wire = { mediaType: 'application/cbor', data: Buffer.from([0, 255]) };
  expect(message.body).toEqual({ $case: 'content', value: Content.fromPartial({ text: 'hi', payload: wire }) });
});

test('a group’s conversation is named to its members only', () => {
  const expected = { id: 2n, ownerId: 3n, memberLimit: 5, memberCount: 6, historyVisible: true };
  expect(toGroup({ group: GROUP, role: 'admin' })).toMatchObject({ ...expected, conversationId: 4n });
  expect(toGroup({ group: GROUP, role: null })).toMatchObject({ ...expected, conversationId: 0n });
});

test.each([
  [undefined, PresenceState.PRESENCE_STATE_UNSPECIFIED, undefined],
  [{ status: 'hidden', lastSeenAt: null }, PresenceState.PRESENCE_STATE_UNSPECIFIED, undefined],
  [{ status: 'online', lastSeenAt: null }, PresenceState.PRESENCE_STATE_ONLINE, undefined],
  [{ status: 'away', lastSeenAt: null }, PresenceState.PRESENCE_STATE_AWAY, undefined],
  [{ status: 'offline', lastSeenAt: null }, PresenceState.PRESENCE_STATE_OFFLINE, undefined],
  [{ status: 'offline', lastSeenAt: 7_000 }, PresenceState.PRESENCE_STATE_OFFLINE, new Date(7_000)],
] as const)('presence %j', (presence, state, lastSeenTime) => {
  expect(toPresence(9, presence)).toEqual({ userId: 9n, state, lastSeenTime });
});

describe('a target', () => {
  test('is a user or a group', () => {
    expect(fromTarget({ target: { $case: 'userId', value: 7n } })).toEqual({ kind: 'user', userId: 7 });
    expect(fromTarget({ target: { $case: 'groupId', value: 7n } })).toEqual({ kind: 'group', groupId: 7 });
  });

  test('that is wrong is refused by its field', () => {
    expect(() => fromTarget(undefined)).toThrow(INVALID('target'));
    expect(() => fromTarget({ target: undefined })).toThrow(INVALID('target'));
    expect(() => fromTarget({ target: { $case: 'userId', value: 0n } })).toThrow(INVALID('target.user_id'));
    expect(() => fromTarget({ target: { $case: 'groupId', value: -1n } }, 'to')).toThrow(INVALID('to.group_id'));
  });
});

test('content that is not there is not made up', () => {
  expect(fromContent(undefined)).toBeUndefined();
  expect(fromContent(Content.fromPartial({ text: 'a' }))).toEqual({ text: 'a' });
  const payload = { mediaType: 'a/b', data: Buffer.from([1]) };
  expect(fromContent(Content.fromPartial({ text: '', payload }))).toEqual({ text: '', payload });
});
