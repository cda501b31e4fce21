import { randomUUID } from 'node:crypto';

import { afterEach, beforeEach, expect, test } from '@jest/globals';

import { Domain, openMemoryStore, toUser } from '../../test/domain/domain.ts';
import { withMethods } from '../../test/domain/with-methods.ts';
import { Sessions } from '../accounts/sessions.ts';
import { Conversations } from '../messages/conversations.ts';
import { Typing } from '../messages/typing.ts';
import { MemoryPresence } from '../presence/memory-presence.ts';
import type { UserRecord } from '../store/seam/records.ts';
import type { Store } from '../store/seam/store.ts';
import { ChatSession } from './chat-session.ts';
import { Dispatcher } from './dispatcher.ts';
import { Streams } from './streams.ts';

const HELLO = { protocolVersion: 1, minProtocolVersion: 1, deviceName: '', hasCursors: false, logEpoch: '' };

let store: Store;
let session: ChatSession;
let bob: UserRecord;
/** What presence heard of the stream, in order. */
let heard: string[];
/** The acknowledgements that were taken. */
let acknowledged: (number | undefined)[];

beforeEach(async () => {
  store = await openMemoryStore();
  const domain = new Domain(store);
  const [ann, other] = [await domain.makeUser(), await domain.makeUser()];
  bob = other;
  await domain.sendOne(bob, toUser(ann));
  heard = [];
  acknowledged = [];
  const { bus, clock, events, sender, cursors } = domain;
  const parts = { store: store.presence, accounts: store.accounts, clock, events };
  const presence = new MemoryPresence(parts, { replica: 'here', incarnation: 'now', awayAfterMs: 1_000 });
  session = new ChatSession(
    {
      user: ann,
      session: { id: 1, userId: ann.id, deviceName: '', createdAt: 0, lastUsedAt: 0, expiresAt: 1e15 },
    },
    {
      ...{ store, sender, clock, events },
      cursors: withMethods(cursors, { note: ({ deliveredSeq }) => void acknowledged.push(deliveredSeq) }),
      typing: new Typing({ store, conversations: new Conversations(store), bus }, 'anyone'),
      dispatcher: new Dispatcher({ log: store.log, bus, clock, events }),
      streams: new Streams(clock),
      presence: withMethods(presence, {
        arrive: () => void heard.push('arrives'),
        active: () => void heard.push('is active'),
        leave: () => void heard.push('leaves'),
      }),
      sessions: new Sessions({ store, bus, clock, events }, { idleTtlMs: 1e9 }),
      liveness: { helloTimeoutMs: 1e9, heartbeatMs: 1e9, heartbeatMisses: 2, slowConsumerMs: 1e9 },
      outbox: { maxBytes: 1e6, maxFrameBytes: 1e5 },
      maxAgeMs: 0,
    },
  );
  await session.hello(HELLO);
});

afterEach(async () => {
  session.end(null);
  await store[Symbol.asyncDispose]();
});

test('sending, reading and typing are activity; acknowledging and heartbeats are none', async () => {
  session.ping(1n);
  session.ack([{ conversationId: 1, seq: 0 }]);
  await session.frameArrived();
  session.tick();
  expect(heard).toEqual(['arrives']);
  await session.send({ clientMessageId: randomUUID(), target: toUser(bob), content: { text: 'hi' } });
  session.read([{ conversationId: 1, seq: 0 }]);
  session.typing(toUser(bob), false);
  expect(heard).toEqual(['arrives', 'is active', 'is active', 'is active']);
  session.end(null);
  session.typing(toUser(bob), true);
  expect(heard.slice(4)).toEqual(['leaves']);
});

test('what a stream acknowledges that waits for its results, when the log is another one, is of the log before', async () => {
  while ((await session.outbox.next())?.type !== 'deliver');
  await session.send({ clientMessageId: randomUUID(), target: toUser(bob), content: { text: 'hi' } });
  session.ack([{ conversationId: 1, seq: 1 }]);
  const gone = session.goAway('log_replaced');
  session.ack([{ conversationId: 1, seq: 1 }]);
  expect(acknowledged).toEqual([1]);
  await gone;
  expect(await session.ended).toMatchObject({ reason: 'DRAINING' });
});
