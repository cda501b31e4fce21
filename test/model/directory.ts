import type { Message, Target } from '../../proto/gen/parley/v1/message.pb.ts';
import { toGroup, toUser } from '../e2e/protocol/frames.ts';
import { type Person, type Place, placeOf, type To } from './names.ts';

/** Who and what the ids of one run stand for. Direct conversations become known with their first entry. */
export class Directory {
  readonly groupId: bigint;
  readonly #ids: ReadonlyMap<Person, bigint>;
  readonly #people: ReadonlyMap<bigint, Person>;
  readonly #places = new Map<bigint, Place>();
  readonly #conversations = new Map<Place, bigint>();

  constructor(people: ReadonlyMap<Person, bigint>, group: { readonly id: bigint; readonly conversationId: bigint }) {
    this.#ids = people;
    this.#people = new Map([...people].map(([name, id]) => [id, name]));
    this.groupId = group.id;
    this.#know('group', group.conversationId);
  }

  /** Who has a user id. Bound, to be handed on. */
  readonly nameOf = (userId: bigint): Person => {
    const name = this.#people.get(userId);
    if (name === undefined) throw new Error(`nobody in this run has the id ${userId}`);
    return name;
  };

  userId(person: Person): bigint {
    return this.#ids.get(person)!;
  }

  target(to: To): Target {
    return to === 'group' ? toGroup(this.groupId) : toUser(this.userId(to));
  }

  /** Where an entry belongs. */
  learn({ conversationId, senderId, target }: Message): Place {
    const known = this.#places.get(conversationId);
    if (known !== undefined) return known;
    if (target?.target?.$case !== 'userId') throw new Error(`an entry of a group of another run: ${conversationId}`);
    return this.#know(placeOf(this.nameOf(senderId), this.nameOf(target.target.value)), conversationId);
  }

  /** A receipt tells the id of a direct conversation too. */
  learnReceipt(by: Person, to: To, { conversationId }: { readonly conversationId: bigint }): void {
    if (to !== 'group') this.#know(placeOf(by, to), conversationId);
  }

  idOf(place: Place): bigint {
    const id = this.#conversations.get(place);
    if (id === undefined) throw new Error(`nothing was said in ${place} yet`);
    return id;
  }

  placeOf(conversationId: bigint): Place {
    const place = this.#places.get(conversationId);
    if (place === undefined) throw new Error(`a conversation of another run: ${conversationId}`);
    return place;
  }

  #know(place: Place, conversationId: bigint): Place {
    const before = this.#conversations.get(place);
    if (before !== undefined && before !== conversationId) {
      throw new Error(`${place} is two conversations: ${before} and ${conversationId}`);
    }
    this.#conversations.set(place, conversationId);
    this.#places.set(conversationId, place);
    return place;
  }
}
