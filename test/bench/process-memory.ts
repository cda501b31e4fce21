import { readFileSync, writeFileSync } from 'node:fs';

/** What a process holds, in bytes, as the kernel counts it (Linux only). */
export class ProcessMemory {
  readonly #folder: string;

  constructor(pid: number) {
    this.#folder = `/proc/${pid}`;
  }

  get residentBytes(): number {
    return this.#read('VmRSS');
  }

  /** The highest since `resetPeak`. */
  get peakBytes(): number {
    return this.#read('VmHWM');
  }

  resetPeak(): void {
    writeFileSync(`${this.#folder}/clear_refs`, '5');
  }

  #read(field: 'VmRSS' | 'VmHWM'): number {
    const kib = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(readFileSync(`${this.#folder}/status`, 'utf8'))?.[1];
    if (kib === undefined) throw new Error(`${this.#folder}/status has no ${field}`);
    return Number(kib) * 1_024;
  }
}
