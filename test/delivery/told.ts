/** What one stream was told about one conversation, in the order of telling. */
export type Told =
  | { readonly kind: 'entry' | 'own'; readonly seq: number }
  | { readonly kind: 'skip'; readonly from: number; readonly to: number };

/** The seqs of what was told as entries, as own sends, or as either. */
export function seqsOf(told: readonly Told[], ...kinds: ('entry' | 'own')[]): number[] {
  return told.flatMap((item) => (item.kind !== 'skip' && kinds.includes(item.kind) ? [item.seq] : []));
}

/** Every seq that was accounted for: delivered, own, or skipped. */
export function covered(told: readonly Told[]): number[] {
  return ascending(
    told.flatMap((item) => {
      if (item.kind !== 'skip') return [item.seq];
      return Array.from({ length: item.to - item.from + 1 }, (_, index) => item.from + index);
    }),
  );
}

/** The end of what a client has without a gap, after the place where its stream began. */
export function contiguousEnd(startedAt: number, told: readonly Told[]): number {
  const seqs = new Set(covered(told));
  let end = startedAt || Math.min(...seqs) - 1;
  while (seqs.has(end + 1)) end += 1;
  return end;
}

export function ascending(seqs: readonly number[]): number[] {
  return [...seqs].sort((a, b) => a - b);
}
