import { afterEach, describe, expect, jest, test } from '@jest/globals';

import { ChatServiceService } from '../../proto/gen/parley/v1/chat_service.pb.ts';
import { Message } from '../../proto/gen/parley/v1/message.pb.ts';
import type { BusEvent, Channel } from '../../server/bus/bus.ts';
import { MemoryBus } from '../../server/bus/memory-bus.ts';
import { systemClock } from '../../server/lib/clock.ts';
import { openStore } from '../../server/store/open-store.ts';
import { ENGINES, freshDatabase, startServer } from '../cluster/start-server.ts';
import { textMessage, textOf, toGroup } from '../e2e/protocol/frames.ts';
import { RawCaller } from '../e2e/protocol/raw-user.ts';
import { askDatabase } from './ask-database.ts';
import { Crowd } from './crowd.ts';
import { makeGroupOf, makeResidents } from './residents.ts';

/** As many as a group may have. */
const MEMBERS = 500;

/** Notes on which channels entries were published. */
class NotingBus extends MemoryBus {
  readonly entryChannels: Channel[] = [];

  override publish(channel: Channel, event: BusEvent): void {
    if (event.type === 'entry') this.entryChannels.push(channel);
    super.publish(channel, event);
  }
}

describe.each(ENGINES)('a group of 500 who are all online, on %s', (engine) => {
  afterEach(() => void jest.restoreAllMocks());

  test('a message is stored once, published once and encoded once, and reaches each of them once', async () => {
    const database = await freshDatabase(engine);
    await using _removed = { [Symbol.asyncDispose]: database.remove };
    const { residents, group } = await populate(database.url);
    const tokens = residents.map(({ token }) => token);
    const bus = new NotingBus();
    const environment = { PARLEY_DATABASE_URL: database.url };
    await using server = await startServer({ engine, environment, overrides: { bus } });
    await using crowd = await Crowd.gather(server.address, tokens);
    using caller = new RawCaller(server.address);
    const before = await countMessages(database.url);
    const encode = jest.spyOn(Message, 'encode');

    const message = textMessage(toGroup(BigInt(group.groupId)), 'to everybody');
    const { receipt } = await caller.call(ChatServiceService.sendMessage, { message }, tokens[0]);
    await Promise.all(crowd.members.map((member) => member.has(1)));
    // What would come twice has come by now.
    await Promise.all(crowd.members.map((member) => member.settled()));

    const told = crowd.members.map(({ received }) => received.map((entry) => [entry.seq, textOf(entry)]));
    expect(told).toEqual(Array(MEMBERS).fill([[receipt?.seq, 'to everybody']]));
    expect(await countMessages(database.url)).toBe(before + 1);
    expect(bus.entryChannels).toEqual([`group:${group.groupId}`]);
    expect(encode.mock.calls.map(([{ seq }]) => seq)).toEqual([receipt?.seq]);
  }, 60_000);
});

async function countMessages(url: string): Promise<number> {
  const [row] = await askDatabase(url, 'SELECT COUNT(*) AS count FROM message');
  return Number(row?.['count']);
}

async function populate(url: string) {
  await using store = await openStore({ url, migrate: true, clock: systemClock });
  const residents = await makeResidents(store, 'member', MEMBERS);
  const group = await makeGroupOf(
    store,
    residents.map(({ user }) => user),
  );
  return { residents, group };
}
