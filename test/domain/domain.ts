import { randomUUID } from 'node:crypto';

import type { Bus, BusEvent, BusState, Channel } from '../../server/bus/bus.ts';
import { systemClock } from '../../server/lib/clock.ts';
import type { ChangeParts } from '../../server/messages/change-message.ts';
import { Conversations } from '../../server/messages/conversations.ts';
import { CursorWriter } from '../../server/messages/cursor-writer.ts';
import { Journal } from '../../server/messages/journal.ts';
import type { QueueLimits } from '../../server/messages/journal-queue.ts';
import type { SendOutcome } from '../../server/messages/send.ts';
import { Sender } from '../../server/messages/sender.ts';
import { type DirectMessagePolicy, WritePermissions } from '../../server/messages/write-permissions.ts';
import { openStore } from '../../server/store/open-store.ts';
import type { Entry } from '../../server/store/seam/entry.ts';
import type { Target, UserRecord } from '../../server/store/seam/records.ts';
import type { Store } from '../../server/store/seam/store.ts';
import type { Transaction } from '../../server/store/seam/transaction.ts';
import { Events } from '../../server/telemetry/events.ts';
import { createLog } from '../../server/telemetry/log.ts';
import { ManualClock } from './manual-clock.ts';
import { strictStore } from './strict-store.ts';
import { withMethods } from './with-methods.ts';

export const silentEvents = new Events(createLog({ level: 'silent', format: 'json', replica: 'test' }));

export function openMemoryStore(): Promise<Store> {
  return openStore({ url: 'sqlite::memory:', migrate: true, clock: systemClock });
}

/** A bus that keeps what was published. */
export class RecordingBus implements Bus {
  state: BusState = 'up';
  readonly published: { readonly channel: Channel; readonly event: BusEvent }[] = [];

  async subscribe(): Promise<void> {}

  async unsubscribe(): Promise<void> {}

  publish(channel: Channel, event: BusEvent): void {
    this.published.push({ channel, event });
  }

  onEvent(): void {}

  onState(): void {}

  /** The entries published to a channel. */
  entries(channel: Channel): Entry[] {
    return this.published.flatMap(({ channel: at, event }) =>
      at === channel && event.type === 'entry' ? [event.entry] : [],
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

/** The store, with its transactions in the hands of a test: `around` runs the real one, or something else. */
export function withTransactions(
  store: Store,
  around: <T>(run: (wrap?: (tx: Transaction) => Transaction) => Promise<T>) => Promise<T>,
): Store {
  const transact: Store['transact'] = (work, options) =>
    around((wrap = (tx) => tx) => store.transact((tx) => work(wrap(tx)), options));
  return withMethods(store, { transact });
}

export interface DomainOptions {
  readonly policy?: DirectMessagePolicy;
  readonly limits?: Partial<QueueLimits>;
  /** The store as the journal sees it. */
  readonly journalStore?: Store;
}

let serial = 0;

/** The way into the log over a real, strict store, with a bus that records and a clock that stands still. */
export class Domain {
  readonly store: Store;
  readonly bus = new RecordingBus();
  readonly clock = new ManualClock();
  readonly events = silentEvents;
  readonly journal: Journal;
  readonly cursors: CursorWriter;
  readonly sender: Sender;
  /** With 60 s to recall, and 30 s to edit. */
  readonly changes: ChangeParts;

  constructor(store: Store, options: DomainOptions = {}) {
    this.store = strictStore(store);
    const { bus, clock, events } = this;
    const permissions = new WritePermissions(options.policy ?? 'anyone');
    this.changes = { store: this.store, permissions, bus, clock, events, recallWithinMs: 60_000, editWithinMs: 30_000 };
    this.journal = new Journal(
      {
        store: options.journalStore ?? this.store,
        permissions,
        bus,
        clock,
        events,
      },
      { capacity: 1_000, maxBatchRows: 100, maxBatchBytes: 1_000_000, ...options.limits },
    );
    this.cursors = new CursorWriter({ store, clock, events });
    this.sender = new Sender({ conversations: new Conversations(store), journal: this.journal, cursors: this.cursors });
  }

  makeUser(): Promise<UserRecord> {
    const name = `person${(serial += 1)}`;
    return this.store.accounts.insert({ name, foldedName: name, passwordHash: '-', createdAt: 0 });
  }

  /** Sends by a call of its own; an error is the outcome. */
  async sendOne(
    from: UserRecord,
    target: Target,
    text = 'hello',
    clientMessageId = randomUUID(),
  ): Promise<SendOutcome> {
    try {
      const receipt = await this.sender.sendOne(from, { clientMessageId, target, content: { text } });
      return { ok: true, clientMessageId, receipt };
    } catch (error) {
      return { ok: false, clientMessageId, error: error as never };
    }
  }
}

export const toUser = ({ id }: { readonly id: number }): Target => ({ kind: 'user', userId: id });
export const toGroup = ({ id }: { readonly id: number }): Target => ({ kind: 'group', groupId: id });

/** Why it was refused; undefined where it was not. */
export function reasonOf(outcome: SendOutcome): string | undefined {
  return outcome.ok ? undefined : outcome.error.reason;
}
