import type { Standing } from '../store/seam/records.ts';

/** Where a client says it is: what it kept, by conversation, under a log epoch. */
export interface ClientCursors {
  readonly logEpoch: string;
  readonly positions: ReadonlyMap<number, number>;
}

/** Where a stream starts in one conversation. */
export interface StartingPlace {
  readonly standing: Standing;
  readonly position: number;
  readonly declared: number;
  /** The client's cursor is of another log: it is told where it starts instead. */
  readonly reset: boolean;
}

/** Where a stream starts: from the client's cursor where it has one that this log knows, from the server's otherwise. */
export function startingPlaces(
  standings: readonly Standing[],
  cursors: ClientCursors | null,
  logEpoch: string,
): StartingPlace[] {
  return standings.map((standing) => {
    // Of a log that goes on without them, somebody who has left is told nothing, not even by a reset.
    const end = standing.visibleTo ?? standing.lastSeq;
    const server = Math.min(standing.deliveredSeq, end);
    const declared = cursors?.positions.get(standing.facts.id);
    if (declared === undefined) return { standing, position: server, declared: 0, reset: false };
    const client = standing.visibleTo === null ? declared : Math.min(declared, end);
    if (cursors?.logEpoch !== logEpoch || client > end) {
      return { standing, position: server, declared: 0, reset: true };
    }
    return { standing, position: client, declared: client, reset: false };
  });
}
