import { setTimeout as pause } from 'node:timers/promises';

import { judgeLoad, type LoadVerdict } from './judge-load.ts';
import { type Mark, type PhaseFigures, phaseFigures, type Sample } from './load-figures.ts';
import type { LoadPlan, LoadTarget } from './load-plan.ts';
import { LoadUser } from './load-user.ts';

const TICK_MS = 20;
const LOOK_EVERY_MS = 500;

export interface LoadReport extends LoadVerdict {
  readonly phases: readonly PhaseFigures[];
}

interface SentMessage {
  /** When it was sent first. */
  readonly at: number;
  /** Undefined as long as there is no receipt. */
  acknowledgedAt: number | undefined;
  readonly recipients: readonly number[];
}

/** Users who write to each other at a steady rate in total, whatever happens to their streams. */
export class LoadRun {
  readonly #users: readonly LoadUser[];
  readonly #targets: readonly (readonly LoadTarget[])[];
  readonly #perSecond: number;
  readonly #sent = new Map<string, SentMessage>();
  readonly #acks: Sample[] = [];
  readonly #deliveries: Sample[] = [];
  readonly #lags: Sample[] = [];
  readonly #resumes: Sample[] = [];
  readonly #marks: Mark[] = [];
  #running: Promise<void[]> | undefined;
  #sending: NodeJS.Timeout | undefined;

  constructor(address: string, plan: LoadPlan, perSecond: number) {
    this.#perSecond = perSecond;
    this.#targets = plan.logins.map((_login, user) => plan.targetsOf(user));
    this.#users = plan.logins.map(
      (login) =>
        new LoadUser(login, address, {
          acknowledged: (id) => this.#acknowledged(id),
          received: ({ clientMessageId }) => this.#received(clientMessageId),
          resumed: (downMs) => this.#resumes.push({ at: performance.now() - downMs, ms: downMs }),
        }),
    );
  }

  /** Connects everybody, and begins to send under a first mark. */
  start(mark: string): void {
    this.#running = Promise.all(this.#users.map((user) => user.run()));
    this.mark(mark);
    const startedAt = performance.now();
    let sent = 0;
    this.#sending = setInterval(() => {
      const due = ((performance.now() - startedAt) / 1_000) * this.#perSecond;
      for (; sent < due; sent += 1) this.#send(sent);
    }, TICK_MS);
  }

  /** What is sent from now on counts under this name. */
  mark(name: string): void {
    this.#marks.push({ name, at: performance.now() });
  }

  /** Sends no more, waits until everything has come where it belongs, or for so long, and tells how it went. */
  async finish(withinMs: number): Promise<LoadReport> {
    clearInterval(this.#sending);
    const end = performance.now();
    const deadline = end + withinMs;
    let verdict = this.#judge();
    while (!verdict.isComplete && performance.now() < deadline) {
      await pause(LOOK_EVERY_MS);
      verdict = this.#judge();
    }
    for (const user of this.#users) user.stop();
    await this.#running;
    const samples = { acks: this.#acks, deliveries: this.#deliveries, lags: this.#lags, resumes: this.#resumes };
    return { ...verdict, phases: phaseFigures(this.#marks, end, samples) };
  }

  #send(number: number): void {
    const index = number % this.#users.length;
    const targets = this.#targets[index]!;
    // Another offset for each user, so that groups are written to at all times.
    const turn = Math.floor(number / this.#users.length) + index;
    const { target, recipients } = targets[turn % targets.length]!;
    const id = this.#users[index]!.send(target, `message ${number}`);
    this.#sent.set(id, { at: performance.now(), acknowledgedAt: undefined, recipients });
  }

  #acknowledged(id: string): void {
    const sent = this.#sent.get(id)!;
    sent.acknowledgedAt = performance.now();
    this.#acks.push({ at: sent.at, ms: sent.acknowledgedAt - sent.at });
  }

  /** @param id empty for an entry that no client sent */
  #received(id: string): void {
    const sent = this.#sent.get(id);
    if (sent === undefined) return;
    const now = performance.now();
    this.#deliveries.push({ at: sent.at, ms: now - sent.at });
    this.#lags.push({ at: sent.at, ms: now - (sent.acknowledgedAt ?? now) });
  }

  #judge(): LoadVerdict {
    return judgeLoad(this.#users, (id) => this.#sent.get(id)!.recipients.map((user) => this.#users[user]!));
  }
}
