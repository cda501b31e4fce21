import type { Standing } from '../store/records.ts';

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
    // Somebody who has left is told nothing of how the log goes on, not even by a reset.
    const end = Math.min(standing.lastSeq, standing.visibleTo ?? Infinity);
    const server = Math.min(standing.deliveredSeq, end);
    const client = cursors?.positions.get(standing.facts.id);
    if (client === undefined) return { standing, position: server, declared: 0, reset: false };
    if (cursors?.logEpoch !== logEpoch || client > end) {
      return { standing, position: server, declared: 0, reset: true };
    }
    return { standing, position: client, declared: client, reset: false };
  });
}
