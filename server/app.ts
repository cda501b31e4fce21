import { randomUUID } from 'node:crypto';

import { Accounts } from './accounts/accounts.ts';
import { PasswordHasher } from './accounts/password-hasher.ts';
import { Sessions } from './accounts/sessions.ts';
import type { Bus } from './bus/bus.ts';
import { MemoryBus } from './bus/memory-bus.ts';
import type { Config } from './config.ts';
import type { ChatParts } from './delivery/chat-session.ts';
import { Dispatcher } from './delivery/dispatcher.ts';
import { Reconciler } from './delivery/reconciler.ts';
import { Streams } from './delivery/streams.ts';
import { Friends } from './friends/friends.ts';
import { Groups } from './groups/groups.ts';
import { Membership } from './groups/membership.ts';
import { type Clock, systemClock } from './lib/clock.ts';
import { Conversations } from './messages/conversations.ts';
import { CursorWriter } from './messages/cursor-writer.ts';
import { History } from './messages/history.ts';
import { Journal } from './messages/journal.ts';
import { Sender } from './messages/sender.ts';
import { WritePermissions } from './messages/write-permissions.ts';
import { MemoryPresence } from './presence/memory-presence.ts';
import { Calls } from './rpc/calls.ts';
import { GrpcServer } from './rpc/grpc-server.ts';
import { Health } from './rpc/health.ts';
import { reflectionServices } from './rpc/reflection.ts';
import { parleyServices } from './rpc/services.ts';
import { openStore } from './store/open-store.ts';
import type { Store } from './store/seam/store.ts';
import { Events } from './telemetry/events.ts';
import type { Logger } from './telemetry/log.ts';

/** Parts that tests put in the place of the real ones. */
export interface Overrides {
  readonly clock?: Clock;
  readonly bus?: Bus;
  readonly store?: Store;
}

/** A server that listens. */
export interface App {
  /** HOST:PORT, with the port that was bound. */
  readonly address: string;
  /** Sends everybody away in order, writes everything out and ends. Safe to call twice. */
  drain(): Promise<void>;
}

const JOURNAL_LIMITS = { capacity: 10_000, maxBatchRows: 256, maxBatchBytes: 1_048_576 };
const OUTBOX_LIMITS = { maxBytes: 1_048_576, maxFrameBytes: 65_536 };
const HASHER_LIMITS = { concurrency: 2, queueLimit: 128 };
const HELLO_TIMEOUT_MS = 10_000;
const RECONCILE_EVERY_MS = 5_000;
const CLOSE_GRACE_MS = 3_000;
const DAY_MS = 86_400_000;

/** Puts a replica together, top to bottom, and lets it listen. */
export async function startApp(config: Config, log: Logger, overrides: Overrides = {}): Promise<App> {
  const clock = overrides.clock ?? systemClock;
  const events = new Events(log);
  const store =
    overrides.store ??
    (await openStore({
      url: config.databaseUrl,
      migrate: config.migrateAtStart,
      // Its deadlines are those of real connections, whatever time a test makes it.
      clock: systemClock,
      poolSize: config.databasePool,
    }));
  const incarnation = randomUUID();
  // SQLite has one replica, so whoever is still shown online was left by a crash.
  await store.presence.expire(store.engine === 'sqlite' ? null : config.replica, incarnation, clock.now());

  const bus = overrides.bus ?? new MemoryBus();
  const presence = new MemoryPresence(
    { store: store.presence, clock, events },
    { replica: config.replica, incarnation },
  );
  const sessions = new Sessions({ store, bus, clock, events }, { idleTtlMs: config.sessionDays * DAY_MS });
  const accounts = new Accounts({ store, sessions, hasher: new PasswordHasher(HASHER_LIMITS), clock, events });

  const permissions = new WritePermissions(config.directMessages);
  const journal = new Journal({ store, permissions, bus, clock, events }, JOURNAL_LIMITS);
  const conversations = new Conversations(store);
  const cursors = new CursorWriter({ store, clock, events });
  const sender = new Sender({ conversations, journal, cursors });

  const streams = new Streams(clock);
  const dispatcher = new Dispatcher({ log: store.log, bus, clock, events });
  const reconciler = new Reconciler({ log: store.log, dispatcher, clock, events }, RECONCILE_EVERY_MS);
  bus.onEvent((event) => {
    if (event.type === 'session-revoked') streams.revoke(event.sessionId);
    else dispatcher.receive(event);
  });

  const { heartbeatMs, heartbeatMisses, slowConsumerMs } = config;
  const chat: ChatParts = {
    ...{ store, sender, cursors, dispatcher, streams, presence, sessions, clock, events },
    liveness: { helloTimeoutMs: HELLO_TIMEOUT_MS, heartbeatMs, heartbeatMisses, slowConsumerMs },
    outbox: OUTBOX_LIMITS,
  };
  const groupParts = { store, bus, clock, events };
  const services = parleyServices({
    calls: new Calls(sessions, events),
    accounts,
    friends: { accounts, friends: new Friends({ store, clock }), presence },
    groups: { parts: groupParts, groups: new Groups(store), membership: new Membership(groupParts) },
    history: new History(store, conversations),
    chat,
  });
  const health = new Health({ clock, ping: () => store.ping() });
  const server = new GrpcServer({
    services: [...services, ...(config.reflection ? reflectionServices() : [])],
    health,
  });

  const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
  const dispose = async () => {
    await server.close(CLOSE_GRACE_MS);
    streams.close();
    reconciler.close();
    await cursors[Symbol.asyncDispose]();
    await presence[Symbol.asyncDispose]();
    await sessions[Symbol.asyncDispose]();
    await bus[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
  };
  const shutDown = async () => {
    health.draining();
    await wait(config.drainWaitMs);
    const open = streams.size > 0;
    streams.drain(config.drainSpreadMs);
    if (open) await wait(config.drainSpreadMs);
    await journal.flush();
    await dispose();
  };

  let draining: Promise<void> | undefined;
  try {
    const address = await server.listen(config.listen);
    return { address, drain: () => (draining ??= shutDown()) };
  } catch (error) {
    await dispose();
    throw error;
  }
}
