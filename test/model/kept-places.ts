import type { StreamRecord } from './history.ts';
import type { Place } from './names.ts';

/** How far a client has each conversation, over all its streams: the cursors that it declares. */
export class KeptPlaces {
  readonly #cursors = new Map<Place, number>();
  /** Seqs of the present stream's own sends. */
  #own = new Map<Place, Set<number>>();

  get cursors(): ReadonlyMap<Place, number> {
    return new Map(this.#cursors);
  }

  /** A receipt of the present stream. */
  sent(place: Place, seq: number): void {
    const own = this.#own.get(place);
    if (own === undefined) this.#own.set(place, new Set([seq]));
    else own.add(seq);
  }

  /** What the stream has given without a gap, from where it began; null where that is not known yet. */
  end(stream: StreamRecord, place: Place): number | null {
    const told = stream.items.flatMap((item) => (item.place === place ? [item.told] : []));
    const seqs = new Set(this.#own.get(place));
    for (const item of told) {
      if ('entry' in item) seqs.add(item.entry.seq);
      if ('skip' in item) for (let seq = item.skip[0]; seq <= item.skip[1]; seq += 1) seqs.add(seq);
    }
    const first = told.map((item) =>
      'entry' in item ? item.entry.seq : 'skip' in item ? item.skip[0] : item.reset,
    )[0];
    const begin = stream.cursors?.get(place) ?? (first === undefined ? null : first - 1);
    if (begin === null) return null;
    let end = begin;
    while (seqs.has(end + 1)) end += 1;
    return end;
  }

  /** The present stream is over. */
  keep(stream: StreamRecord): void {
    for (const place of new Set(stream.items.map((item) => item.place))) {
      const end = this.end(stream, place);
      if (end !== null) this.#cursors.set(place, Math.max(end, this.#cursors.get(place) ?? 0));
    }
    this.#own = new Map();
  }
}
