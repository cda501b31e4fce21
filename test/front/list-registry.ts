import { EventEmitter, once } from 'node:events';

import { type Registry, RegistryUnavailable, type ReplicaRecord } from '../../server/cluster/registry.ts';

/** A registry that says what a test wrote on its list, or nothing at all. */
export class ListRegistry implements Registry {
  readonly #records = new Map<string, ReplicaRecord>();
  readonly #news = new EventEmitter();
  away = false;

  async replicas(): Promise<ReplicaRecord[]> {
    setImmediate(() => this.#news.emit('read'));
    if (this.away) throw new RegistryUnavailable('the registry is away');
    return [...this.#records.values()];
  }

  /** Enters a replica, or what has changed of it. */
  put(address: string, more: Partial<ReplicaRecord> = {}): void {
    const blank = { replica: `at ${address}`, incarnation: 'i', address, weight: 1, version: '1' };
    const counts = { state: 'serving', streams: 0, sent: 0, delivered: 0 } as const;
    this.#records.set(address, { ...blank, ...counts, ...this.#records.get(address), ...more });
  }

  remove(address: string): void {
    this.#records.delete(address);
  }

  /** Resolves when it has been asked so many times more. */
  async asked(times: number): Promise<void> {
    for (let count = 0; count < times; count += 1) await once(this.#news, 'read');
  }
}
