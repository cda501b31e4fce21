import { randomUUID } from 'node:crypto';

import { ChatServiceService } from '../../proto/gen/parley/v1/chat_service.pb.ts';
import { FriendServiceService } from '../../proto/gen/parley/v1/friend_service.pb.ts';
import { GroupServiceService } from '../../proto/gen/parley/v1/group_service.pb.ts';
import { HistoryServiceService } from '../../proto/gen/parley/v1/history_service.pb.ts';
import { Content } from '../../proto/gen/parley/v1/message.pb.ts';
import type { RawUser, Rpc } from '../e2e/protocol/raw-user.ts';
import { CallFailed } from '../e2e/protocol/rich-status.ts';
import { answerOf, refusalOf } from './answer.ts';
import type { Directory } from './directory.ts';
import type { Asked, Recorder, Request } from './history.ts';
import { type DeviceName, FOUNDER, ownerOf, PEOPLE, type Person, type Place, placesOf, towards } from './names.ts';
import type { Act } from './script.ts';
import { type Listed, listedOf } from './seen.ts';

type Kind<K extends Asked['kind']> = Extract<Asked, { kind: K }>;

/** A message that is known to be stored. */
interface Message {
  readonly by: Person;
  readonly place: Place;
  readonly seq: number;
}

/** What all devices of a run know of each other's messages: what one of them may recall, edit or react to. */
export type Board = Message[];

/** What a device does by calls of their own, recorded. */
export class UnaryActs {
  readonly #name: DeviceName;
  readonly #person: Person;
  readonly #user: RawUser;
  readonly #directory: Directory;
  readonly #recorder: Recorder;
  readonly #board: Board;

  constructor(name: DeviceName, parts: { user: RawUser; directory: Directory; recorder: Recorder; board: Board }) {
    this.#name = name;
    this.#person = ownerOf(name);
    this.#user = parts.user;
    this.#directory = parts.directory;
    this.#recorder = parts.recorder;
    this.#board = parts.board;
  }

  async do(act: Act): Promise<void> {
    switch (act.does) {
      case 'recall':
      case 'edit': {
        // One's own, or in the group anybody's where one is its owner.
        const all = this.#board.filter(
          ({ by, place }) => by === this.#person || (act.does === 'recall' && place === 'group' && this.#isFounder),
        );
        const message = all[act.which % all.length];
        if (message === undefined) return;
        return act.does === 'recall' ? this.#recall(message) : this.#edit(message);
      }
      case 'react': {
        const all = this.#board.filter(({ place }) => placesOf(this.#person).includes(place));
        const message = all[act.which % all.length];
        return message === undefined ? undefined : this.#react(message, act.which);
      }
      case 'join':
        return this.#call({ kind: 'join' }, GroupServiceService.joinGroup, { groupId: this.#directory.groupId });
      case 'leave':
        // The founder stays, and has seen everything when all is over.
        if (this.#isFounder) return;
        return this.#call({ kind: 'leave' }, GroupServiceService.leaveGroup, { groupId: this.#directory.groupId });
      case 'invite':
      case 'remove': {
        if (!this.#isFounder) return;
        const whom = this.#other(act.whom);
        const rpc = act.does === 'invite' ? GroupServiceService.inviteMember : GroupServiceService.removeMember;
        const request = { groupId: this.#directory.groupId, userId: this.#directory.userId(whom) };
        return this.#call({ kind: act.does, whom }, rpc, request);
      }
      case 'block':
      case 'unblock': {
        const whom = this.#other(act.whom);
        const rpc = act.does === 'block' ? FriendServiceService.blockUser : FriendServiceService.unblockUser;
        const request = { userId: this.#directory.userId(whom) };
        return this.#call({ kind: act.does, whom }, rpc, request);
      }
      case 'read':
        return void (await this.read(placesOf(this.#person)[act.place % placesOf(this.#person).length]!));
      default:
        throw new Error(`${act.does} is no call of its own`);
    }
  }

  async send(asked: Kind<'send'>): Promise<void> {
    const request = this.#recorder.begin(this.#name, this.#person, asked);
    const to = towards(this.#person, asked.place);
    const content = Content.fromPartial({ text: asked.text });
    const call = this.#user.post({ clientMessageId: asked.id, target: this.#directory.target(to), content });
    const answer = await answerOf(
      call.then((receipt) => {
        this.#directory.learnReceipt(this.#person, to, receipt);
        return receipt;
      }),
    );
    this.#recorder.end(request, answer);
    this.noteMessage(request);
  }

  /** All that the person may read of a place. */
  async read(place: Place): Promise<readonly Listed[]> {
    const request = this.#recorder.begin(this.#name, this.#person, { kind: 'read', place });
    try {
      const { messages } = await this.#user.call(HistoryServiceService.listMessages, {
        conversation: { $case: 'target', value: this.#directory.target(towards(this.#person, place)) },
        position: { $case: 'afterSeq', value: 0n },
        pageSize: 200,
        pageToken: '',
      });
      const listed = messages.map((message) => listedOf(message, this.#directory.nameOf));
      this.#recorder.end(request, 'done', listed);
      return listed;
    } catch (error) {
      if (!(error instanceof CallFailed)) throw error;
      this.#recorder.end(request, refusalOf(error));
      return [];
    }
  }

  /** Puts a message that is known to be stored where others find it. */
  noteMessage({ by, asked, answer }: Request<Kind<'send'>>): void {
    if (answer !== null && answer !== 'done' && 'seq' in answer) {
      this.#board.push({ by, place: asked.place, seq: answer.seq });
    }
  }

  get #isFounder(): boolean {
    return this.#person === FOUNDER;
  }

  #other(number: number): Person {
    const others = PEOPLE.filter((person) => person !== this.#person);
    return others[number % others.length]!;
  }

  async #recall({ place, seq }: Message): Promise<void> {
    const request = this.#recorder.begin(this.#name, this.#person, { kind: 'recall', place, seq });
    const call = this.#user.call(ChatServiceService.recallMessage, this.#key(place, seq));
    this.#recorder.end(request, await answerOf(call.then(({ receipt }) => receipt)));
  }

  async #edit({ place, seq }: Message): Promise<void> {
    const id = randomUUID();
    const before = this.#recorder.requests.filter(
      ({ asked, answer }) =>
        asked.kind === 'edit' &&
        asked.place === place &&
        asked.seq === seq &&
        answer !== null &&
        'seq' in Object(answer),
    );
    const expectedRevision = before.length;
    const text = `${this.#name} changes ${seq} after revision ${expectedRevision}`;
    const asked = { kind: 'edit', place, seq, id, text, expectedRevision } as const;
    const request = this.#recorder.begin(this.#name, this.#person, asked);
    const content = Content.fromPartial({ text });
    const edit = { ...this.#key(place, seq), clientMessageId: id, content, expectedRevision };
    const call = this.#user.call(ChatServiceService.editMessage, edit);
    this.#recorder.end(request, await answerOf(call.then(({ receipt }) => receipt)));
  }

  async #react({ place, seq }: Message, number: number): Promise<void> {
    const emoji = number % 2 === 0 ? '👍' : '🫖';
    const removed = number % 5 === 0;
    const request = this.#recorder.begin(this.#name, this.#person, { kind: 'react', place, seq, emoji, removed });
    const call = this.#user.call(ChatServiceService.setReaction, { ...this.#key(place, seq), emoji, removed });
    this.#recorder.end(request, await answerOf(call.then(({ receipt }) => receipt ?? {})));
  }

  #key(place: Place, seq: number): { conversationId: bigint; seq: bigint } {
    return { conversationId: this.#directory.idOf(place), seq: BigInt(seq) };
  }

  async #call<R>(asked: Asked, rpc: Rpc<R, object>, request: R): Promise<void> {
    const record = this.#recorder.begin(this.#name, this.#person, asked);
    this.#recorder.end(record, await answerOf(this.#user.call(rpc, request)));
  }
}
