import type * as fc from 'fast-check';

import type { Bus, BusEvent, Channel } from '../../server/bus/bus.ts';
import type { Clock } from '../../server/lib/clock.ts';
import type { LogStore } from '../../server/store/seam/log.ts';
import type { Store } from '../../server/store/seam/store.ts';

/**
 * Parts of a replica whose every step is taken when the scheduler says so: reads of the log begin and answer in any
 * order, events of the bus arrive in any order, doubled or not at all, timers fire at any time.
 */

type Scheduler = fc.Scheduler;

/** What becomes of an event on its way. */
export type Fate = 'arrives' | 'lost' | 'doubled';

const COPIES: Readonly<Record<Fate, number>> = { arrives: 1, lost: 0, doubled: 2 };

export function scrambledStore(store: Store, scheduler: Scheduler): Store {
  const log = new Proxy(store.log, {
    get(target, name: keyof LogStore) {
      const method = target[name] as (...args: unknown[]) => Promise<unknown>;
      return async (...args: unknown[]) => {
        await scheduler.schedule(Promise.resolve(), `${name} begins`);
        const answer = await method.apply(target, args);
        return scheduler.schedule(Promise.resolve(answer), `${name} answers`);
      };
    },
  });
  return new Proxy(store, {
    get(target, name: keyof Store) {
      if (name === 'log') return log;
      const value = target[name];
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

export class ScrambledBus implements Bus {
  readonly state = 'up';
  readonly #scheduler: Scheduler;
  readonly #fates: Iterator<Fate>;
  readonly #channels = new Set<Channel>();
  #receive: (event: BusEvent) => void = () => undefined;

  constructor(scheduler: Scheduler, fates: Iterator<Fate>) {
    this.#scheduler = scheduler;
    this.#fates = fates;
  }

  async subscribe(channels: readonly Channel[]): Promise<void> {
    await this.#scheduler.schedule(Promise.resolve(), 'subscribe begins');
    for (const channel of channels) this.#channels.add(channel);
    await this.#scheduler.schedule(Promise.resolve(), 'subscribe is confirmed');
  }

  async unsubscribe(channels: readonly Channel[]): Promise<void> {
    for (const channel of channels) this.#channels.delete(channel);
  }

  /** Whether a subscriber gets it is decided now, as Redis does; when, is up to the scheduler. */
  publish(channel: Channel, event: BusEvent): void {
    if (!this.#channels.has(channel)) return;
    const fate = this.#fates.next().value as Fate;
    const copies = COPIES[fate];
    for (let copy = 0; copy < copies; copy += 1) {
      void this.#scheduler.schedule(Promise.resolve(), `${event.type} arrives`).then(() => this.#receive(event));
    }
  }

  onEvent(receive: (event: BusEvent) => void): void {
    this.#receive = receive;
  }

  onState(): void {}

  async [Symbol.asyncDispose](): Promise<void> {
    this.#channels.clear();
  }
}

export function scrambledClock(scheduler: Scheduler): Clock {
  let time = 0;
  return {
    now: () => (time += 1),
    monotonic: () => 0,
    after(_delayMs, action) {
      let cancelled = false;
      void scheduler.schedule(Promise.resolve(), 'timer').then(() => {
        if (!cancelled) action();
      });
      return { cancel: () => void (cancelled = true) };
    },
  };
}

/** A clock for what must not tick: heartbeats. */
export const stoppedClock: Clock = { now: () => 0, monotonic: () => 0, after: () => ({ cancel: () => undefined }) };
