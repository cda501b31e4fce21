/** A set of seqs, kept as ranges: contiguous seqs take the room of one. */
export class SeqRanges {
  /** Sorted, not touching each other. */
  readonly #ranges: { from: number; to: number }[] = [];

  add(from: number, to: number): void {
    if (to < from) return;
    const ranges = this.#ranges;
    // Most seqs come in order, so the search begins at the end.
    let end = ranges.length;
    while (end > 0 && ranges[end - 1]!.from > to + 1) end -= 1;
    let start = end;
    const merged = { from, to };
    while (start > 0 && ranges[start - 1]!.to >= from - 1) {
      start -= 1;
      merged.from = Math.min(merged.from, ranges[start]!.from);
      merged.to = Math.max(merged.to, ranges[start]!.to);
    }
    ranges.splice(start, end - start, merged);
  }

  has(seq: number): boolean {
    return this.endOf(seq) !== undefined;
  }

  /** The last seq of the range that holds `seq`. */
  endOf(seq: number): number | undefined {
    return this.#ranges.find(({ from, to }) => from <= seq && seq <= to)?.to;
  }

  get first(): number | undefined {
    return this.#ranges[0]?.from;
  }

  get last(): number | undefined {
    return this.#ranges.at(-1)?.to;
  }

  removeUpTo(seq: number): void {
    const ranges = this.#ranges;
    while (ranges[0] && ranges[0].to <= seq) ranges.shift();
    if (ranges[0] && ranges[0].from <= seq) ranges[0].from = seq + 1;
  }

  clear(): void {
    this.#ranges.length = 0;
  }
}
