import type * as fc from 'fast-check';

import { Sessions } from '../../server/accounts/sessions.ts';
import { type ChatParts, ChatSession } from '../../server/delivery/chat-session.ts';
import { Dispatcher } from '../../server/delivery/dispatcher.ts';
import type { OutboxLimits } from '../../server/delivery/outbox.ts';
import { Streams } from '../../server/delivery/streams.ts';
import { Membership } from '../../server/groups/membership.ts';
import { Conversations } from '../../server/messages/conversations.ts';
import { CursorWriter } from '../../server/messages/cursor-writer.ts';
import { Journal } from '../../server/messages/journal.ts';
import { Sender } from '../../server/messages/sender.ts';
import { Typing } from '../../server/messages/typing.ts';
import { WritePermissions } from '../../server/messages/write-permissions.ts';
import { MemoryPresence } from '../../server/presence/memory-presence.ts';
import type { GroupRecord, UserRecord } from '../../server/store/seam/records.ts';
import type { Store } from '../../server/store/seam/store.ts';
import { silentEvents as events } from '../domain/domain.ts';
import { type Fate, ScrambledBus, scrambledClock, scrambledStore, stoppedClock } from './scrambled.ts';

const LIVENESS = { helloTimeoutMs: 1e9, heartbeatMs: 1e9, heartbeatMisses: 2, slowConsumerMs: 1e9 };

/** A replica's delivery over a real store, in the hands of a scheduler. */
export class ScrambledReplica {
  readonly chat: ChatParts;
  readonly membership: Membership;
  readonly sender: Sender;
  readonly #bus: ScrambledBus;
  readonly #journal: Journal;

  constructor(store: Store, scheduler: fc.Scheduler, fates: Iterator<Fate>, outbox: OutboxLimits) {
    const bus = new ScrambledBus(scheduler, fates);
    const clock = scrambledClock(scheduler);
    const scrambled = scrambledStore(store, scheduler);
    const parts = { store: scrambled, bus, clock, events };
    this.#journal = new Journal(
      { ...parts, store, permissions: new WritePermissions('anyone') },
      { capacity: 1_000, maxBatchRows: 4, maxBatchBytes: 1_000_000 },
    );
    const cursors = new CursorWriter({ store, clock: stoppedClock, events });
    this.#bus = bus;
    const conversations = new Conversations(store);
    this.sender = new Sender({ conversations, journal: this.#journal, cursors });
    this.membership = new Membership({ ...parts, store });
    this.chat = {
      store: scrambled,
      sender: this.sender,
      typing: new Typing({ store, conversations, bus }, 'anyone'),
      cursors,
      dispatcher: new Dispatcher({ log: scrambled.log, bus, clock, events }),
      streams: new Streams(stoppedClock),
      presence: new MemoryPresence(
        { store: store.presence, accounts: store.accounts, clock: stoppedClock, events },
        { replica: 'test', incarnation: 'test', awayAfterMs: 1e9 },
      ),
      sessions: new Sessions({ store, bus, clock: stoppedClock, events }, { idleTtlMs: 1e9 }),
      clock,
      events,
      liveness: LIVENESS,
      outbox,
      maxAgeMs: 0,
    };
    bus.onEvent((event) => this.chat.dispatcher.receive(event));
  }

  open(user: UserRecord): ChatSession {
    const session = { id: 1, userId: user.id, deviceName: '', createdAt: 0, lastUsedAt: 0, expiresAt: 1e15 };
    return new ChatSession({ user, session }, this.chat);
  }

  /** The members of a group are told how far somebody has read. */
  tellRead({ id, conversationId }: GroupRecord, { id: userId }: UserRecord, readSeq: number): void {
    const cursor = { conversationId, userId, deliveredSeq: 0, readSeq };
    this.#bus.publish(`group:${id}`, { type: 'receipt', to: null, ...cursor });
  }

  /** Resolves when every send has its result. */
  settled(): Promise<void> {
    return this.#journal.flush();
  }

  /** What the periodic look into the log does, each read at a time of the scheduler's: finds what the bus has lost. */
  async reconcile(since: number): Promise<void> {
    this.chat.dispatcher.reconcile(await this.chat.store.log.activeSince(since));
  }
}
