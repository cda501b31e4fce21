import { createToken, hashToken } from '../../server/accounts/tokens.ts';
import { membershipEntry } from '../../server/groups/membership-entry.ts';
import type { UserRecord } from '../../server/store/seam/records.ts';
import type { Store } from '../../server/store/seam/store.ts';

/** A user with an open session. They were written into the store: nobody hashed a password for them. */
export interface Resident {
  readonly user: UserRecord;
  readonly token: string;
}

const AT_ONCE = 8;
const DAY_MS = 86_400_000;

/** Makes users called `prefix1`, `prefix2` … with a session each. */
export async function makeResidents(store: Store, prefix: string, count: number): Promise<Resident[]> {
  const residents: Resident[] = [];
  for (let first = 1; first <= count; first += AT_ONCE) {
    const numbers = Array.from({ length: Math.min(AT_ONCE, count - first + 1) }, (_, index) => first + index);
    residents.push(...(await Promise.all(numbers.map((number) => makeResident(store, `${prefix}${number}`)))));
  }
  return residents;
}

async function makeResident(store: Store, name: string): Promise<Resident> {
  const createdAt = Date.now();
  const user = await store.accounts.insert({ name, foldedName: name, passwordHash: '-', createdAt });
  const token = createToken();
  const session = { tokenHash: hashToken(token), userId: user.id, passwordHash: '-', deviceName: '', createdAt };
  await store.sessions.insert({ ...session, expiresAt: createdAt + DAY_MS });
  return { user, token };
}

/** Makes a group of users, the first one its owner; each joined by an entry of the log that nobody waits for. */
export async function makeGroupOf(
  store: Store,
  members: readonly UserRecord[],
): Promise<{ groupId: number; conversationId: number }> {
  const at = Date.now();
  const [owner] = members;
  if (owner === undefined) throw new Error('a group has an owner');
  const group = await store.transact(async (tx) => {
    const { groupId, conversationId } = await tx.groups.insert({
      name: 'everybody',
      description: '',
      ownerId: owner.id,
      memberLimit: members.length,
      joinPolicy: 'open',
      historyVisible: false,
      createdAt: at,
      requestId: null,
      requestHash: null,
    });
    const [head] = await tx.log.lock([conversationId], 'wait');
    if (head === undefined) throw new Error(`conversation ${conversationId} is not there`);
    const entries = members.map((user, index) =>
      membershipEntry({
        head: { ...head, lastSeq: head.lastSeq + index },
        ...{ groupId, actor: user, subject: user, change: 'joined', at },
        role: user === owner ? 'owner' : 'member',
      }),
    );
    await tx.log.append(
      entries.map((entry) => ({ entry, requestHash: null })),
      [conversationId],
    );
    for (const [index, { seq }] of entries.entries()) {
      const user = members[index]!;
      await tx.groups.openPeriod(groupId, user.id, seq, user === owner ? 'owner' : 'member');
    }
    return { groupId, conversationId };
  });
  await store.cursors.advance(
    members.map(({ id }) => ({ userId: id, conversationId: group.conversationId, deliveredSeq: members.length })),
  );
  return group;
}
