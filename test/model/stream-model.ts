import type { ConversationModel } from './conversation-model.ts';
import type { Person, Place } from './names.ts';
import type { Seen } from './seen.ts';

/** What one stream is told about one conversation, in the order of telling. */
export type Told =
  { readonly entry: Seen } | { readonly skip: readonly [fromSeq: number, toSeq: number] } | { readonly reset: number };

/** What a device declares at hello. */
export interface Cursors {
  readonly positions: ReadonlyMap<Place, number>;
  /** Whether they are of the log's epoch. */
  readonly ofThisLog: boolean;
}

/** One Chat stream: what it must have been told, of each conversation, up to now. */
export class StreamModel {
  readonly told = new Map<Place, Told[]>();
  readonly #positions = new Map<Place, number>();
  readonly #declared = new Map<Place, number>();

  /** At hello: begins after the device's own cursor, where it has one that fits this log, else after the user's. */
  open(person: Person, place: Place, conversation: ConversationModel, cursors: Cursors | null): void {
    const end = conversation.end(person);
    const users = Math.min(conversation.marks(person).delivered, end);
    const given = cursors?.positions.get(place);
    // Who has left isn't told how far the log goes on.
    const declared = given === undefined || conversation.isOpen(person) ? given : Math.min(given, end);
    if (declared === undefined) this.#positions.set(place, users);
    else if (cursors?.ofThisLog === true && declared <= end) {
      this.#positions.set(place, declared);
      this.#declared.set(place, declared);
    } else {
      this.#positions.set(place, users);
      this.#tell(place, { reset: users });
    }
  }

  /**
   * Tells what the stream lacks; `own` is an entry that it sent itself. A conversation that it doesn't have yet begins
   * after the user's cursor. Gives the seqs that its device has now.
   */
  follow(person: Person, place: Place, conversation: ConversationModel, own: number | null): number[] {
    let position = this.#positions.get(place) ?? conversation.marks(person).delivered;
    const got: number[] = [];
    for (const entry of conversation.visible(person)) {
      if (entry.seq <= position) continue;
      if (entry.seq > position + 1) this.#tell(place, { skip: [position + 1, entry.seq - 1] });
      if (entry.seq !== own) this.#tell(place, { entry: entry.seen() });
      position = entry.seq;
      got.push(entry.seq);
    }
    this.#positions.set(place, position);
    return got;
  }

  position(place: Place): number {
    return this.#positions.get(place) ?? 0;
  }

  /** Everything up to it may be acknowledged. */
  acknowledgeable(place: Place): number {
    return Math.max(this.position(place), this.#declared.get(place) ?? 0);
  }

  #tell(place: Place, told: Told): void {
    const before = this.told.get(place);
    if (before === undefined) this.told.set(place, [told]);
    else before.push(told);
  }
}
