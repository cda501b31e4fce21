import { randomBytes, randomUUID } from 'node:crypto';
import type { Store } from '../../server/store/seam/store.ts';

const PAGE = { afterId: 0, limit: 10 };
const LIMITS = { limit: 10, maxBytes: 1_000 };

/** One call of each method of a store, by `part.method`. */
export function everyMethod(store: Store): Record<string, () => Promise<unknown>> {
  const { accounts, sessions, friends, groups, log, attachments, cursors, presence, search } = store;
  const tokenHash = randomBytes(32);
  return {
    'accounts.insert': () => accounts.insert({ name: 'n', foldedName: randomUUID(), passwordHash: 'h', createdAt: 1 }),
    'accounts.byId': () => accounts.byId(1),
    'accounts.byFoldedName': () => accounts.byFoldedName('n'),
    'accounts.credentials': () => accounts.credentials({ id: 1 }),
    'accounts.settings': () => accounts.settings(1),
    'accounts.hiddenPresence': () => accounts.hiddenPresence([1]),
    'accounts.deletionsUnderWay': () => accounts.deletionsUnderWay(1),
    'sessions.insert': () =>
      sessions.insert({ tokenHash, userId: 1, passwordHash: 'h', deviceName: '', createdAt: 1, expiresAt: 2 }),
    'sessions.find': () => sessions.find(tokenHash),
    'sessions.current': () => sessions.current([1]),
    'sessions.list': () => sessions.list(1, 0, { beforeId: 9, limit: 1 }),
    'sessions.touch': () => sessions.touch([{ id: 1, lastUsedAt: 1, expiresAt: 1 }]),
    'sessions.delete': () => sessions.delete(1, 1),
    'sessions.deleteExpired': () => sessions.deleteExpired(1),
    'friends.list': () => friends.list(1, PAGE),
    'friends.ids': () => friends.ids(1),
    'friends.blockedAmong': () => friends.blockedAmong([[1, 2]]),
    'friends.requests': () => friends.requests(1, 0, PAGE),
    'friends.blocked': () => friends.blocked(1, PAGE),
    'friends.deleteRequests': () => friends.deleteRequests(0),
    'groups.byId': () => groups.byId(1),
    'groups.byRequestId': () => groups.byRequestId(1, randomUUID()),
    'groups.member': () => groups.member(1, 1),
    'groups.list': () => groups.list(1, PAGE),
    'groups.members': () => groups.members(1, PAGE),
    'groups.memberCounts': () => groups.memberCounts([1]),
    'groups.joinRequests': () => groups.joinRequests(1, PAGE),
    'groups.requestedBy': () => groups.requestedBy(1, PAGE),
    'log.facts': () => log.facts(1),
    'log.direct': () => log.direct(1, 2),
    'log.ofGroup': () => log.ofGroup(1),
    'log.ensureDirect': () => log.ensureDirect(1, 2),
    'log.heads': () => log.heads([1]),
    'log.activeSince': () => log.activeSince(1),
    'log.audience': () => log.audience(1, 0),
    'log.read': () => log.read(1, 0, LIMITS),
    'log.readVisible': () => log.readVisible(1, 1, { afterSeq: 0 }, LIMITS),
    'log.reactionsTo': () => log.reactionsTo(1, [{ conversationId: 1, seq: 1 }]),
    'log.standings': () => log.standings(1),
    'log.standing': () => log.standing(1, 1),
    'log.summaries': () => log.summaries(1, { limit: 1 }),
    'attachments.byId': () => attachments.byId(1),
    'attachments.byRequest': () => attachments.byRequest(1, randomUUID()),
    'attachments.readable': () => attachments.readable(1, 1),
    'attachments.advance': () => attachments.advance(1, 0, 1, 1),
    'attachments.complete': () => attachments.complete(1, 0, 1),
    'attachments.orphans': () => attachments.orphans(1, 1),
    'attachments.collected': () => attachments.collected(1),
    'attachments.remove': () => attachments.remove([1]),
    'cursors.get': () => cursors.get(1, 1),
    'cursors.advance': () => cursors.advance([{ userId: 1, conversationId: 1, readSeq: 1 }]),
    'cursors.many': () => cursors.many([{ userId: 1, conversationId: 1 }]),
    'cursors.ofMembers': () => cursors.ofMembers(1, 1, PAGE),
    'presence.write': () => presence.write('r', 'i', [{ userId: 1, online: true, at: 1 }]),
    'presence.expire': () => presence.expire(null, 'i', 1),
    'presence.move': () => presence.move('i', { replica: 'r', incarnation: 'j' }, [{ userId: 1, at: 1 }]),
    'presence.runsOf': () => presence.runsOf([1]),
    'presence.runs': () => presence.runs(),
    'presence.usersOf': () => presence.usersOf({ replica: 'r', incarnation: 'i' }, PAGE),
    'presence.lastSeen': () => presence.lastSeen([1]),
    'search.candidates': () => search.candidates(1, { grams: [1, 2], limit: 1 }),
    'search.behindSince': () => search.behindSince(0),
    'search.progress': () => search.progress(PAGE),
    'store.logEpoch': () => store.logEpoch(),
    'store.ping': () => store.ping(),
    'store.transact': () => store.transact((tx) => tx.log.lock([1], 'wait')),
  };
}

/** The methods that a store really has, named likewise. */
export function methodNames(store: Store): string[] {
  const { accounts, sessions, friends, groups, log, attachments, cursors, presence, search } = store;
  const parts = { accounts, sessions, friends, groups, log, attachments, cursors, presence, search, store };
  return Object.entries(parts).flatMap(([part, object]) =>
    Object.getOwnPropertyNames(Object.getPrototypeOf(object))
      .filter((name) => name !== 'constructor')
      .map((name) => `${part}.${name}`),
  );
}
