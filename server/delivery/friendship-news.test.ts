import { beforeEach, describe, expect, test } from '@jest/globals';

import { silentEvents } from '../../test/domain/domain.ts';
import { until } from '../../test/domain/until.ts';
import type { BusEvent } from '../bus/bus.ts';
import { StoreUnavailable } from '../store/seam/failures.ts';
import type { Presence, PresenceState } from '../presence/presence.ts';
import { FriendshipNews } from './friendship-news.ts';

const [ANN, BOB] = [1, 2];

describe('a friendship that begins or ends', () => {
  let friends: Set<number>;
  let received: BusEvent[];
  let failures: number;
  let lookups: number;
  let news: FriendshipNews;

  beforeEach(() => {
    friends = new Set();
    received = [];
    failures = 0;
    lookups = 0;
    const states = async (userIds: readonly number[]) =>
      new Map(userIds.map((userId): [number, PresenceState] => [userId, { status: 'away', lastSeenAt: null }]));
    const ids = async () => {
      lookups += 1;
      failures -= 1;
      if (failures >= 0) throw new StoreUnavailable('down');
      return [...friends];
    };
    news = new FriendshipNews({
      presence: { states } as Pick<Presence, 'states'> as Presence,
      friends: { ids },
      dispatcher: { receive: (event) => void received.push(event) },
      events: silentEvents,
    });
  });

  const told = () => received.map((event) => (event.type === 'presence' ? event.status : event.type));

  test('shows how the other is there, and no longer', async () => {
    friends.add(BOB);
    news.changed(ANN, BOB);
    await until(() => received.length === 1);
    expect(received).toEqual([{ type: 'presence', to: ANN, userId: BOB, status: 'away', lastSeenAt: null }]);
    friends.delete(BOB);
    news.changed(ANN, BOB);
    await until(() => received.length === 2);
    expect(received[1]).toEqual({ type: 'presence', to: ANN, userId: BOB, status: 'hidden', lastSeenAt: null });
  });

  test('that changes while it is looked up is told as it is at the end', async () => {
    friends.add(BOB);
    news.changed(ANN, BOB);
    friends.delete(BOB);
    news.changed(ANN, BOB);
    news.changed(ANN, BOB);
    await until(() => lookups === 2 && received.length === 2);
    expect(told().at(-1)).toBe('hidden');
  });

  test('that can not be looked up is lost, and the next one is told', async () => {
    failures = 1;
    friends.add(BOB);
    news.changed(ANN, BOB);
    await until(() => lookups === 1);
    news.changed(BOB, ANN);
    await until(() => received.length === 1);
    expect(told()).toEqual(['hidden']);
  });
});
