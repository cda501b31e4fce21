/** Where one stream is in one conversation. */
export interface Place {
  /** Everything up to it was given to this stream, skipped, or sent by it. */
  position: number;
  /** Whether the tail pushes to it; otherwise it is being read from the log. */
  live: boolean;
  /** Raised when the user joins again: a read that began before must not end the place. */
  joins: number;
  /** Whether the last read of the log gave nothing. */
  empty: boolean;
  /** Seqs beyond `position` that this stream sent itself: their results were their delivery. */
  readonly own: Set<number>;
  /** What the client said it had, if it did: it may acknowledge as much. */
  readonly declared: number;
}

export function createPlace(position: number, declared = 0, own = new Set<number>()): Place {
  for (const seq of own) if (seq <= position) own.delete(seq);
  return { position, live: false, joins: 0, empty: false, own, declared };
}

/** What the client may acknowledge: what it was given, with its own sends that follow on directly. */
export function acknowledgeable({ position, own, declared }: Place): number {
  let seq = position;
  while (own.has(seq + 1)) seq += 1;
  return Math.max(seq, declared);
}
