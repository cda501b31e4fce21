import { randomUUID } from 'node:crypto';

import { AccountDeletion } from './accounts/account-deletion.ts';
import { Accounts } from './accounts/accounts.ts';
import { OwnAccount } from './accounts/own-account.ts';
import { PasswordHasher } from './accounts/password-hasher.ts';
import { Sessions } from './accounts/sessions.ts';
import { Attachments } from './attachments/attachments.ts';
import { OrphanCollector } from './attachments/orphan-collector.ts';
import type { Blobs } from './blobs/blobs.ts';
import { DiskBlobs } from './blobs/disk-blobs.ts';
import type { Bus } from './bus/bus.ts';
import { MemoryBus } from './bus/memory-bus.ts';
import { RedisBus } from './bus/redis-bus.ts';
import { openCluster } from './cluster/open-cluster.ts';
import { parseRedisUrl } from './cluster/redis-url.ts';
import type { Config } from './config.ts';
import { AccountNews } from './delivery/account-news.ts';
import type { ChatParts } from './delivery/chat-session.ts';
import { Dispatcher } from './delivery/dispatcher.ts';
import { FriendshipNews } from './delivery/friendship-news.ts';
import { PresenceRefresh } from './delivery/presence-refresh.ts';
import { Reconciler } from './delivery/reconciler.ts';
import { SessionWatch } from './delivery/session-watch.ts';
import { Streams } from './delivery/streams.ts';
import { Friends } from './friends/friends.ts';
import { RequestExpiry } from './friends/request-expiry.ts';
import { leaveAllGroups } from './groups/departure.ts';
import { Groups } from './groups/groups.ts';
import { Membership } from './groups/membership.ts';
import { Roles } from './groups/roles.ts';
import { type Clock, systemClock } from './lib/clock.ts';
import { programVersion } from './lib/program-version.ts';
import { Conversations } from './messages/conversations.ts';
import { CursorWriter } from './messages/cursor-writer.ts';
import { History } from './messages/history.ts';
import { Journal } from './messages/journal.ts';
import { ReceiptPublisher } from './messages/receipt-publisher.ts';
import { Receipts } from './messages/receipts.ts';
import { Sender } from './messages/sender.ts';
import { Typing } from './messages/typing.ts';
import { WritePermissions } from './messages/write-permissions.ts';
import { MemoryPresence } from './presence/memory-presence.ts';
import type { Presence } from './presence/presence.ts';
import { PresenceExpiry } from './presence/presence-expiry.ts';
import { PresenceNews } from './presence/presence-news.ts';
import { SharedPresence } from './presence/shared-presence.ts';
import { BusCodec } from './rpc/bus-codec.ts';
import { Calls } from './rpc/calls.ts';
import { GrpcServer } from './rpc/grpc-server.ts';
import { Health } from './rpc/health.ts';
import { reflectionServices } from './rpc/reflection.ts';
import { parleyServices } from './rpc/services.ts';
import { Indexer } from './search/indexer.ts';
import { Search } from './search/search.ts';
import { openStore } from './store/open-store.ts';
import type { Store } from './store/seam/store.ts';
import { AdminServer } from './telemetry/admin-server.ts';
import { Events } from './telemetry/events.ts';
import type { Logger } from './telemetry/log.ts';
import { Metrics } from './telemetry/metrics.ts';

/** Parts that tests put in the place of the real ones. */
export interface Overrides {
  readonly clock?: Clock;
  readonly bus?: Bus;
  readonly store?: Store;
  readonly blobs?: Blobs;
}

/** A server that listens. */
export interface App {
  /** HOST:PORT, with the port that was bound. */
  readonly address: string;
  /** Likewise, of PARLEY_ADMIN_LISTEN; null where that is off. */
  readonly adminAddress: string | null;
  /** Sends everybody away in order, writes everything out and ends. Safe to call twice. */
  drain(): Promise<void>;
}

const JOURNAL_LIMITS = { capacity: 10_000, maxBatchRows: 256, maxBatchBytes: 1_048_576 };
const OUTBOX_LIMITS = { maxBytes: 1_048_576, maxFrameBytes: 65_536 };
const HASHER_LIMITS = { concurrency: 2, queueLimit: 128 };
const HELLO_TIMEOUT_MS = 10_000;
const CLOSE_GRACE_MS = 3_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** Each holds a part of 1 MiB. */
const UPLOAD_SLOTS = { perUser: 4, total: 32 };
const DOWNLOAD_SLOTS = { perUser: 16, total: 64 };

/** Puts a replica together, top to bottom, and lets it listen. */
export async function startApp(config: Config, log: Logger, overrides: Overrides = {}): Promise<App> {
  const clock = overrides.clock ?? systemClock;
  const metrics = new Metrics();
  const events = new Events(log, metrics);
  const blobs = overrides.blobs ?? (await DiskBlobs.open(config.attachments));
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
  const run = { replica: config.replica, incarnation };
  const itself = { replica: config.replica, weight: config.weight, version: programVersion() };
  let address = config.listen;
  const describe = () => ({ ...itself, address: config.advertise || address, ...metrics.load() });
  // Its time is that of a real connection, too.
  const cluster = openCluster({ ...config, incarnation, describe }, { clock: systemClock, events });
  const { lease, roster } = cluster;
  // Of a replica that is alone nobody else ends what a crash left online.
  if (roster === null) {
    await store.presence.expire(store.engine === 'sqlite' ? null : config.replica, incarnation, clock.now());
  }

  const bus = overrides.bus ?? (await openBus(config, incarnation, events));
  const presenceParts = { store: store.presence, accounts: store.accounts, clock, events };
  const presenceOptions = { run, awayAfterMs: config.awaySeconds * 1_000, leaseMs: config.leaseMs };
  const presence: Presence =
    roster === null
      ? new MemoryPresence(presenceParts, { ...presenceOptions, ...run })
      : new SharedPresence({ ...presenceParts, roster, lease }, presenceOptions);
  const presenceNews = new PresenceNews({ presence, friends: store.friends, bus, clock, events });
  const presenceExpiry =
    roster &&
    new PresenceExpiry({ ...presenceParts, roster, lease, news: presenceNews }, { run, leaseMs: config.leaseMs });
  const sessions = new Sessions({ store, bus, clock, events }, { idleTtlMs: config.sessionDays * DAY_MS });
  const hasher = new PasswordHasher(HASHER_LIMITS);
  const accounts = new Accounts({ store, sessions, hasher, clock, events });
  const ownAccount = new OwnAccount({ store, bus, sessions, hasher, presenceNews, events });
  const groupParts = { store, bus, clock, events };
  const deletion = new AccountDeletion({
    ...{ store, bus, sessions, hasher, clock, events },
    leaveGroups: (user) => leaveAllGroups(groupParts, user),
  });
  const expiry = new RequestExpiry({ store, clock, events }, { requestTtlMs: config.friendRequestDays * DAY_MS });

  const permissions = new WritePermissions(config.directMessages);
  const journal = new Journal({ store, permissions, bus, clock, events }, JOURNAL_LIMITS);
  const conversations = new Conversations(store);
  const receiptPublisher = new ReceiptPublisher({ store, bus, clock, events });
  const cursors = new CursorWriter({ store, clock, events }, (advances) => receiptPublisher.written(advances));
  const sender = new Sender({ conversations, journal, cursors });
  const typing = new Typing({ store, conversations, bus }, config.directMessages);

  const fileParts = { store, blobs, clock, events };
  const attachments = new Attachments(
    { ...fileParts, permissions, conversations },
    { maxBytes: config.maxAttachmentBytes, uploads: UPLOAD_SLOTS, downloads: DOWNLOAD_SLOTS },
  );
  const collector = new OrphanCollector(fileParts, config.orphanHours * HOUR_MS);

  const indexer = new Indexer({ store, clock, events });

  const streams = new Streams(clock);
  const dispatcher = new Dispatcher({ log: store.log, bus, clock, events });
  const friendshipNews = new FriendshipNews({ presence, friends: store.friends, dispatcher, events });
  metrics.observe({ streams, bus });
  const onLogReplaced = () => {
    events.logReplaced(streams.size);
    dispatcher.forgetLog();
    streams.sendAway('log_replaced');
    for (const cache of [permissions, conversations, cursors]) cache.forgetAll();
  };
  const reconciler = new Reconciler({ log: store.log, dispatcher, bus, clock, events, onLogReplaced });
  const sessionWatch = new SessionWatch({ sessions: store.sessions, streams, bus, clock, events });
  const refreshParts = { presence, friends: store.friends, streams, dispatcher, clock, events };
  const presenceRefresh = new PresenceRefresh({ ...refreshParts, leaseMs: config.leaseMs });
  const accountNews = new AccountNews({ accounts: store.accounts, streams, events });
  bus.onEvent((event) => {
    if (event.type === 'session-revoked') streams.revoke(event.userId, event.sessionId);
    else if (event.type === 'account-changed') accountNews.changed(event.userId);
    else if (event.type === 'friendship') friendshipNews.changed(event.userId, event.friendId);
    else dispatcher.receive(event);
  });

  const { heartbeatMs, heartbeatMisses, slowConsumerMs } = config;
  const chat: ChatParts = {
    ...{ store, sender, typing, cursors, dispatcher, streams, presence, sessions, clock, events },
    liveness: { helloTimeoutMs: HELLO_TIMEOUT_MS, heartbeatMs, heartbeatMisses, slowConsumerMs },
    outbox: OUTBOX_LIMITS,
    maxAgeMs: config.maxStreamAgeSeconds * 1_000,
  };
  const services = parleyServices({
    calls: new Calls(sessions, events),
    auth: { accounts, ownAccount, sessions, deletion },
    friends: { accounts, friends: new Friends({ store, bus, clock, expiry }), presence },
    groups: {
      parts: groupParts,
      groups: new Groups(store),
      membership: new Membership(groupParts),
      roles: new Roles(groupParts),
    },
    history: new History(store, conversations),
    receipts: new Receipts(store, conversations),
    search: new Search(store),
    changes: {
      ...{ store, permissions, bus, clock, events },
      recallWithinMs: config.recallSeconds * 1_000,
      editWithinMs: config.editSeconds * 1_000,
    },
    chat,
    attachments: { attachments, streams: { clock, patienceMs: slowConsumerMs } },
  });
  const health = new Health({ clock, ping: () => store.ping() });
  health.busIs(bus.state);
  bus.onState((state) => {
    health.busIs(state);
    reconciler.busChanged();
    sessionWatch.busChanged();
    if (state === 'up') presenceRefresh.busIsUp();
  });
  const server = new GrpcServer({
    services: [...services, ...(config.reflection ? reflectionServices() : [])],
    health,
    maxConnectionAgeMs: chat.maxAgeMs,
  });
  const admin = new AdminServer({
    metrics,
    ready: () => health.wantsCalls,
    onFailure: (cause) => events.workFailed('answering an operator', cause),
  });

  const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
  const dispose = async () => {
    await server.close(CLOSE_GRACE_MS);
    await collector[Symbol.asyncDispose]();
    await indexer[Symbol.asyncDispose]();
    streams.close();
    await reconciler[Symbol.asyncDispose]();
    await sessionWatch[Symbol.asyncDispose]();
    await presenceRefresh[Symbol.asyncDispose]();
    deletion[Symbol.dispose]();
    expiry[Symbol.dispose]();
    await cursors[Symbol.asyncDispose]();
    await receiptPublisher[Symbol.asyncDispose]();
    await presenceExpiry?.[Symbol.asyncDispose]();
    presenceNews.close();
    await presence[Symbol.asyncDispose]();
    await sessions[Symbol.asyncDispose]();
    await bus[Symbol.asyncDispose]();
    await cluster[Symbol.asyncDispose]();
    await admin[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
  };
  const shutDown = async () => {
    health.draining();
    await lease.drain();
    await wait(config.drainWaitMs);
    const open = streams.size > 0;
    streams.drain(config.drainSpreadMs);
    if (open) await wait(config.drainSpreadMs);
    await journal.flush();
    await dispose();
  };

  let draining: Promise<void> | undefined;
  try {
    const adminAddress = config.admin === '' ? null : await admin.listen(config.admin);
    address = await server.listen(config.listen);
    await lease.start();
    collector.start();
    return { address, adminAddress, drain: () => (draining ??= shutDown()) };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** Over Redis where one is set, else inside the process. */
async function openBus({ redisUrl, redisCluster }: Config, incarnation: string, events: Events): Promise<Bus> {
  const target = parseRedisUrl(redisUrl);
  if (target === undefined) return new MemoryBus();
  // Its deadlines are those of real connections, whatever time a test makes it.
  const parts = { clock: systemClock, events };
  return RedisBus.open({ target, cluster: redisCluster }, { ...parts, codec: new BusCodec(incarnation, parts) });
}
