import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as fc from 'fast-check';

import { Domain, openMemoryStore, toUser, withTransactions } from '../../test/domain/domain.ts';
import { UserStream } from '../../test/domain/user-stream.ts';
import { withLog } from '../../test/domain/with-methods.ts';
import { isRetryable } from '../lib/errors.ts';
import type { NewEntry } from '../store/seam/entry.ts';
import { OutcomeUnknown, StoreUnavailable } from '../store/seam/failures.ts';
import type { Store } from '../store/seam/store.ts';

/** What befalls a transaction: nothing, no database, a lost answer (of what is stored or not), locks held elsewhere. */
const FAULTS = ['none', 'down', 'lost', 'lost after commit', 'held'] as const;
type Fault = (typeof FAULTS)[number];

const BAD = ' (bad)';

let store: Store;

beforeAll(async () => {
  store = await openMemoryStore();
});

afterAll(async () => {
  await store[Symbol.asyncDispose]();
});

function isBad({ entry: { body } }: NewEntry): boolean {
  return body.kind === 'content' && body.content.text.endsWith(BAD);
}

/** The store, with these faults one after the other, and then none. It never takes what is bad. */
function faulty(faults: readonly Fault[]): Store {
  const queue = [...faults];
  return withTransactions(store, async (run) => {
    const fault = queue.shift() ?? 'none';
    if (fault === 'down') throw new StoreUnavailable('down');
    if (fault === 'lost') throw new OutcomeUnknown('lost');
    const done = await run((tx) =>
      withLog(tx, {
        // Every other one of them is held.
        lock: (ids, mode) =>
          tx.log.lock(fault === 'held' && mode === 'skip' ? ids.filter((id) => id % 2 === 0) : ids, mode),
        append: async (entries, changed) => {
          if (entries.some(isBad)) throw new Error('data too strange');
          await tx.log.append(entries, changed);
        },
      }),
    );
    if (fault === 'lost after commit') throw new OutcomeUnknown('lost');
    return done;
  });
}

interface Draft {
  readonly id: string;
  readonly text: string;
}

/** A client that sends what failed again, in order, before anything new. */
class PersistentClient {
  readonly sent: Draft[] = [];
  readonly seqs = new Map<string, number>();
  readonly refused: Draft[] = [];
  readonly #stream: UserStream;
  #pending: Draft[] = [];

  constructor(stream: UserStream) {
    this.#stream = stream;
  }

  get isDone(): boolean {
    return this.#pending.length === 0;
  }

  write(text: string): void {
    const draft = { id: randomUUID(), text };
    this.sent.push(draft);
    this.#pending.push(draft);
  }

  /** Sends everything that has no result for good. */
  async send(): Promise<void> {
    this.#stream.outcomes.length = 0;
    for (const { id, text } of this.#pending) await this.#stream.send(text, id);
  }

  /** Takes in the results, once all are there. */
  takeResults(): void {
    const { outcomes } = this.#stream;
    expect(outcomes.map(({ clientMessageId }) => clientMessageId).toSorted()).toEqual(
      this.#pending.map(({ id }) => id).toSorted(),
    );
    const byId = new Map(outcomes.map((outcome) => [outcome.clientMessageId, outcome]));
    this.#pending = this.#pending.filter((draft) => {
      const outcome = byId.get(draft.id);
      if (outcome?.ok) this.seqs.set(draft.id, outcome.receipt.seq);
      else if (outcome !== undefined && isRetryable(outcome.error)) return true;
      else this.refused.push(draft);
      return false;
    });
  }
}

const CLIENTS = 4;
const round = fc.array(fc.record({ client: fc.nat(CLIENTS - 1), bad: fc.nat(5).map((n) => n === 0) }), {
  maxLength: 12,
});

test('whatever befalls its transactions, all is stored once and in order, and everybody is told the truth', async () => {
  const script = fc.record({
    rounds: fc.array(round, { maxLength: 5 }),
    faults: fc.array(fc.constantFrom(...FAULTS), { maxLength: 25 }),
    limits: fc.record({ maxBatchRows: fc.constantFrom(1, 2, 3, 8), capacity: fc.constantFrom(2, 6, 100) }),
  });
  await fc.assert(
    fc.asyncProperty(script, async ({ rounds, faults, limits }) => {
      const domain = new Domain(store, { journalStore: faulty(faults), limits });
      const [ann, bob, cyd] = [await domain.makeUser(), await domain.makeUser(), await domain.makeUser()];
      const ways = [[ann, bob] as const, [ann, bob] as const, [bob, ann] as const, [ann, cyd] as const];
      const clients = ways.map(([from, to]) => new PersistentClient(new UserStream(domain, from, toUser(to))));
      const exchange = async () => {
        await Promise.all(clients.map((client) => client.send()));
        await domain.journal.flush();
        for (const client of clients) client.takeResults();
      };
      for (const [number, messages] of rounds.entries()) {
        messages.forEach(({ client, bad }, index) => clients[client]?.write(`${number}.${index}${bad ? BAD : ''}`));
        await exchange();
      }
      for (let tries = 0; clients.some(({ isDone }) => !isDone); tries += 1) {
        expect(tries).toBeLessThan(faults.length + 2);
        await exchange();
      }

      for (const [other, senders] of [
        [bob, clients.slice(0, 3)],
        [cyd, clients.slice(3)],
      ] as const) {
        const { id } = await store.log.ensureDirect(ann.id, other.id);
        const log = await store.log.read(id, 0, { limit: 1_000, maxBytes: 1e9 });
        const seqs = new Map(log.map(({ clientMessageId, seq }) => [clientMessageId, seq]));
        expect(log.map(({ seq, ordinal }) => [seq, ordinal])).toEqual(log.map((_, index) => [index + 1, index + 1]));
        expect(log.length).toBe(senders.reduce((total, client) => total + client.seqs.size, 0));
        for (const client of senders) {
          const good = client.sent.filter(({ text }) => !text.endsWith(BAD)).map((draft) => draft.id);
          expect(good.map((draftId) => client.seqs.get(draftId))).toEqual(good.map((draftId) => seqs.get(draftId)));
          expect([...good].sort((a, b) => (seqs.get(a) ?? NaN) - (seqs.get(b) ?? NaN))).toEqual(good);
          expect(client.refused.every(({ text }) => text.endsWith(BAD))).toBe(true);
        }
        const published = domain.bus.entries(`user:${other.id}`).map(({ seq }) => seq);
        expect(published).toEqual([...new Set(published)].sort((a, b) => a - b));
      }
    }),
    { numRuns: 150 },
  );
});
