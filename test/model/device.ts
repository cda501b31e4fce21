import type { Position } from '../../proto/gen/parley/v1/chat.pb.ts';
import { hello, HELLO_DONE, helloCursors, type ResponseFrame } from '../e2e/protocol/frames.ts';
import type { RawChat } from '../e2e/protocol/raw-chat.ts';
import type { RawUser } from '../e2e/protocol/raw-user.ts';
import { readStatus } from '../e2e/protocol/rich-status.ts';
import { type Answer, refusalOf } from './answer.ts';
import type { Directory } from './directory.ts';
import type { DeviceName, Place } from './names.ts';
import { type Seen, seenOf } from './seen.ts';
import { ShownLog } from './shown-log.ts';
import type { Cursors, Told } from './stream-model.ts';
import { untilTold } from './until-told.ts';

/** The epoch of a log that is not this one. */
const ANOTHER_LOG = 'another-log';

/** A device that keeps what it got: one stream at a time, and a log of each conversation over all of them. */
export class Device {
  readonly name: DeviceName;
  readonly user: RawUser;
  /** What the present stream was told. */
  told = new Map<Place, Told[]>();
  /** What the device shows. */
  readonly shown = new Map<Place, ShownLog>();
  /** Frames of the present stream that were refused. */
  refusals: Answer[] = [];
  readonly #directory: Directory;
  #chat: RawChat | undefined;
  #logEpoch = '';

  constructor(name: DeviceName, user: RawUser, directory: Directory) {
    this.name = name;
    this.user = user;
    this.#directory = directory;
  }

  get chat(): RawChat {
    if (this.#chat === undefined) throw new Error(`${this.name} is not connected`);
    return this.#chat;
  }

  get connected(): boolean {
    return this.#chat !== undefined;
  }

  async connect(cursors: Cursors | null): Promise<void> {
    const chat = this.user.open();
    this.#chat = chat;
    this.told = new Map();
    this.refusals = [];
    if (cursors === null) {
      this.shown.clear();
      chat.send(hello());
    } else {
      const logEpoch = cursors.ofThisLog ? this.#logEpoch : ANOTHER_LOG;
      const positions = [...cursors.positions].map(([place, seq]) => this.positionOf(place, seq));
      chat.send(hello({ hasCursors: true, logEpoch }), helloCursors(...positions), HELLO_DONE);
    }
    this.#logEpoch = (await chat.next('welcome')).logEpoch;
    this.#take(await chat.until('caughtUp'));
  }

  /** Ends the stream: in order, or by breaking it off. */
  async disconnect(how: 'finish' | 'cancel'): Promise<void> {
    const { chat } = this;
    this.#chat = undefined;
    if (how === 'finish') await chat.finish();
    await chat[Symbol.asyncDispose]();
  }

  /** Takes in what it is told, until that is as much as it should be, or for some time. */
  async settle(hasAll: () => boolean, patienceMs: number): Promise<void> {
    await untilTold(this.chat, (frames) => this.#take(frames), hasAll, patienceMs);
  }

  /** What it sent itself, now that it knows where it stands. */
  showOwn(place: Place, entry: Seen): void {
    this.#log(place).show(entry);
  }

  positionOf(place: Place, seq: number): Position {
    return { conversationId: this.#directory.idOf(place), seq: BigInt(seq) };
  }

  #take(frames: readonly ResponseFrame[]): void {
    for (const frame of frames) {
      if (frame.$case === 'deliver') {
        for (const message of frame.value.messages) {
          const place = this.#directory.learn(message);
          const entry = seenOf(message, this.#directory.nameOf);
          this.#tell(place, { entry });
          this.#log(place).show(entry);
        }
      }
      if (frame.$case === 'skip') {
        const { conversationId, fromSeq, toSeq } = frame.value;
        this.#tell(this.#directory.placeOf(conversationId), { skip: [Number(fromSeq), Number(toSeq)] });
      }
      if (frame.$case === 'reset') {
        const place = this.#directory.placeOf(frame.value.conversationId);
        this.#tell(place, { reset: Number(frame.value.seq) });
        this.shown.delete(place);
      }
      if (frame.$case === 'frameError') this.refusals.push(refusalOf(readStatus(frame.value.error!)));
    }
  }

  #tell(place: Place, told: Told): void {
    const before = this.told.get(place);
    if (before === undefined) this.told.set(place, [told]);
    else before.push(told);
  }

  #log(place: Place): ShownLog {
    const log = this.shown.get(place) ?? new ShownLog();
    this.shown.set(place, log);
    return log;
  }
}
