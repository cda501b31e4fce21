import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';

import type { SendResult } from '../../proto/gen/parley/v1/chat.pb.ts';
import { Content } from '../../proto/gen/parley/v1/message.pb.ts';
import { ack, hello, HELLO_DONE, helloCursors, type ResponseFrame, send } from '../e2e/protocol/frames.ts';
import type { RawChat } from '../e2e/protocol/raw-chat.ts';
import type { RawUser } from '../e2e/protocol/raw-user.ts';
import { readStatus } from '../e2e/protocol/rich-status.ts';
import { receiptOf, refusalOf } from './answer.ts';
import type { Directory } from './directory.ts';
import type { Asked, Recorder, Request, StreamRecord } from './history.ts';
import { KeptPlaces } from './kept-places.ts';
import { type DeviceName, ownerOf, type Person, type Place, placesOf, towards } from './names.ts';
import type { Act, Way } from './script.ts';
import { seenOf } from './seen.ts';
import type { UnaryActs } from './unary-acts.ts';
import { untilTold } from './until-told.ts';

type Sending = Extract<Asked, { kind: 'send' }>;

/** A device that plays a script, one act after the other, while others play theirs; all that it sees is recorded. */
export class Actor {
  readonly name: DeviceName;
  readonly #person: Person;
  readonly #user: RawUser;
  readonly #directory: Directory;
  readonly #recorder: Recorder;
  readonly #unary: UnaryActs;
  readonly #kept = new KeptPlaces();
  readonly #sent: Sending[] = [];
  #logEpoch = '';
  #open: { readonly chat: RawChat; readonly record: StreamRecord } | null = null;

  constructor(name: DeviceName, user: RawUser, directory: Directory, recorder: Recorder, unary: UnaryActs) {
    this.name = name;
    this.#person = ownerOf(name);
    this.#user = user;
    this.#directory = directory;
    this.#recorder = recorder;
    this.#unary = unary;
  }

  async play(script: readonly Act[]): Promise<void> {
    await this.connect(false);
    for (const act of script) await this.#do(act);
  }

  /** Sends again what it has no answer for, until it has one. */
  async settleSends(): Promise<void> {
    for (const asked of this.#sent) {
      const known = this.#recorder.requests.some(
        ({ asked: other, answer }) => 'id' in other && other.id === asked.id && answer !== null,
      );
      if (!known) await this.#unary.send(asked);
    }
  }

  /** Opens a stream, from its own cursors or the server's, and waits until it is caught up. */
  async connect(keeps: boolean): Promise<void> {
    await this.cut();
    const { chat } = this.#hello(keeps);
    this.#logEpoch = (await chat.next('welcome')).logEpoch;
    this.#take(await chat.until('caughtUp'));
  }

  /** Whether the stream, if there is one, is told as much as it should, in time. */
  async settle(hasAll: (stream: StreamRecord) => boolean, patienceMs: number): Promise<boolean> {
    if (this.#open === null) return true;
    const { chat, record } = this.#open;
    return untilTold(
      chat,
      (frames) => this.#take(frames),
      () => hasAll(record),
      patienceMs,
    );
  }

  /** Breaks the stream off. */
  async cut(): Promise<void> {
    if (this.#open === null) return;
    const { chat, record } = this.#open;
    await chat[Symbol.asyncDispose]();
    this.#take(chat.left());
    this.#open = null;
    this.#recorder.close(record);
    this.#kept.keep(record);
  }

  async #do(act: Act): Promise<void> {
    switch (act.does) {
      case 'send': {
        const place = placeFor(this.#person, act.to);
        const sends = Array.from({ length: act.count }, (): Sending => {
          const text = `${this.name} says ${this.#sent.length + 1}`;
          return this.#remember({ kind: 'send', place, id: randomUUID(), text });
        });
        return this.#send(sends, act.way);
      }
      case 'send again': {
        const first = this.#sent[act.which % this.#sent.length];
        if (first === undefined) return;
        return this.#send([act.changed ? { ...first, text: `${first.text}, no, wait` } : first], act.way);
      }
      case 'connect': {
        if (!act.blinks) return this.connect(act.keeps);
        await this.cut();
        this.#hello(act.keeps);
        return this.cut();
      }
      case 'cut':
        return this.cut();
      case 'ack':
        return this.#ack(placesOf(this.#person)[act.place % 4]!);
      case 'wait':
        return pause(act.ms);
      default:
        return this.#unary.do(act);
    }
  }

  #remember(asked: Sending): Sending {
    this.#sent.push(asked);
    return asked;
  }

  #hello(keeps: boolean): { readonly chat: RawChat; readonly record: StreamRecord } {
    const cursors = keeps && this.#kept.cursors.size > 0 ? this.#kept.cursors : null;
    const record = this.#recorder.open(this.name, this.#person, cursors);
    const chat = this.#user.open();
    this.#open = { chat, record };
    if (cursors === null) chat.send(hello());
    else {
      const positions = [...cursors].map(([place, seq]) => this.#position(place, seq));
      chat.send(hello({ hasCursors: true, logEpoch: this.#logEpoch }), helloCursors(...positions), HELLO_DONE);
    }
    return this.#open;
  }

  async #send(sends: readonly Sending[], way: Way): Promise<void> {
    const open = this.#open;
    if (way === 'call' || open === null) {
      for (const asked of sends) await this.#unary.send(asked);
      return;
    }
    const { chat, record } = open;
    const requests = sends.map((asked) => this.#recorder.begin(this.name, this.#person, asked, record));
    chat.send(send(...sends.map((asked) => this.#outgoing(asked))));
    if (way === 'cut') return this.cut();
    for (const result of await chat.results(sends.length)) this.#settled(requests, result);
  }

  #settled(requests: readonly Request<Sending>[], { clientMessageId, outcome }: SendResult): void {
    const request = requests.find(({ asked }) => asked.id === clientMessageId);
    if (request === undefined || outcome === undefined) throw new Error(`a result of nothing: ${clientMessageId}`);
    if (outcome.$case === 'error') return this.#recorder.end(request, refusalOf(readStatus(outcome.value)));
    const { place } = request.asked;
    this.#directory.learnReceipt(this.#person, towards(this.#person, place), outcome.value);
    this.#recorder.end(request, receiptOf(outcome.value));
    this.#kept.sent(place, Number(outcome.value.seq));
    this.#unary.noteMessage(request);
  }

  #ack(place: Place): void {
    if (this.#open === null) return;
    const { chat, record } = this.#open;
    this.#take(chat.left());
    const seq = this.#kept.end(record, place);
    if (seq === null || seq === 0) return;
    this.#recorder.ack(record, place, seq);
    chat.send(ack(this.#position(place, seq)));
  }

  #outgoing({ id, place, text }: Sending) {
    const target = this.#directory.target(towards(this.#person, place));
    return { clientMessageId: id, target, content: Content.fromPartial({ text }) };
  }

  #position(place: Place, seq: number) {
    return { conversationId: this.#directory.idOf(place), seq: BigInt(seq) };
  }

  #take(frames: readonly ResponseFrame[]): void {
    const { record } = this.#open!;
    const directory = this.#directory;
    for (const frame of frames) {
      if (frame.$case === 'deliver') {
        for (const message of frame.value.messages) {
          record.items.push({ place: directory.learn(message), told: { entry: seenOf(message, directory.nameOf) } });
        }
      }
      if (frame.$case === 'skip') {
        const { conversationId, fromSeq, toSeq } = frame.value;
        record.items.push({
          place: directory.placeOf(conversationId),
          told: { skip: [Number(fromSeq), Number(toSeq)] },
        });
      }
      if (frame.$case === 'reset') {
        const { conversationId, seq } = frame.value;
        record.items.push({ place: directory.placeOf(conversationId), told: { reset: Number(seq) } });
      }
      if (frame.$case === 'caughtUp') this.#recorder.caughtUp(record);
      if (frame.$case === 'frameError') record.refusals.push(refusalOf(readStatus(frame.value.error!)));
    }
  }
}

/** Half of all is said in the group. */
function placeFor(person: Person, to: number): Place {
  const [group, ...direct] = placesOf(person);
  return [...direct.map(() => group!), ...direct][to % (2 * direct.length)]!;
}
