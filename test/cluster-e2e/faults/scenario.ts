import type { Cluster } from '../../cluster/cluster.ts';
import type { LoadVerdict } from '../../cluster/judge-load.ts';
import type { PhaseFigures } from '../../cluster/load-figures.ts';
import type { LoadReport } from '../../cluster/load-run.ts';

/** How large a scenario is. */
export interface Scale {
  readonly users: number;
  /** Messages in total. */
  readonly perSecond: number;
  readonly groupSize: number;
  /** Until streams are open, and what runs for the first time is compiled. */
  readonly warmUpMs: number;
  /** How long things go well before and after. */
  readonly steadyMs: number;
  readonly redisPausedMs: number;
  /** What counts as no slower, on a machine that does other things too. */
  readonly noiseMs: number;
}

/** For every run of the tests. */
export const SMALL: Scale = {
  users: 40,
  perSecond: 100,
  groupSize: 5,
  warmUpMs: 2_000,
  steadyMs: 3_000,
  redisPausedMs: 5_000,
  noiseMs: 750,
};

/** For `npm run cluster:faults`. */
export const FULL: Scale = {
  users: 200,
  perSecond: 1_000,
  groupSize: 5,
  warmUpMs: 12_000,
  steadyMs: 10_000,
  redisPausedMs: 15_000,
  noiseMs: 250,
};

/** Does something to a cluster of three replicas that is well, and leaves it well. */
export interface Scenario {
  readonly name: string;
  run(cluster: Cluster, scale: Scale): Promise<Findings>;
}

/** What a scenario has measured, and which promises did not hold. */
export class Findings {
  readonly figures: string[] = [];
  readonly broken: string[] = [];

  measured(what: string, figure: number | string): void {
    this.figures.push(`${what}: ${figure}`);
  }

  /** Notes the promise as broken unless it held. */
  demand(held: boolean, promise: string): void {
    if (!held) this.broken.push(promise);
  }

  /** A duration that may be so long at most. */
  atMost(limitMs: number, what: string, ms: number): void {
    this.measured(what, `${Math.round(ms)} ms (at most ${Math.round(limitMs)})`);
    this.demand(ms <= limitMs, `${what} took ${Math.round(ms)} ms, more than ${Math.round(limitMs)}`);
  }

  addLoad(report: LoadReport): void {
    for (const phase of report.phases) this.figures.push(describe(phase));
    this.addVerdict(report);
  }

  /** What holds in every scenario: nothing is lost, doubled, out of order or refused for good. */
  addVerdict({ sent, acknowledged, redelivered, lost, doubled, outOfOrder, failures }: LoadVerdict): void {
    this.measured('messages', `${sent} sent, ${acknowledged} acknowledged, ${redelivered} redelivered`);
    this.demand(acknowledged === sent, `${sent - acknowledged} messages were never acknowledged`);
    for (const what of lost) this.broken.push(`lost: ${what}`);
    for (const what of doubled) this.broken.push(`doubled: ${what}`);
    for (const what of outOfOrder) this.broken.push(`out of order: ${what}`);
    for (const what of failures) this.broken.push(`refused: ${what}`);
  }
}

/** @throws Error where there is none of this name */
export function phaseOf({ phases }: LoadReport, name: string): PhaseFigures {
  const phase = phases.find((one) => one.name === name);
  if (phase === undefined) throw new Error(`there is no phase ${name}`);
  return phase;
}

function describe({ name, seconds, ack, delivery, lag, resume }: PhaseFigures): string {
  const resumed =
    resume.count === 0 ? '' : `, ${resume.count} streams resumed in ${resume.p50}/${resume.p99}/${resume.max}`;
  const rate = Math.round(ack.count / seconds);
  return (
    `${name}: ${rate}/s over ${seconds.toFixed(1)} s; p50/p99/max ms: ` +
    `ack ${ack.p50}/${ack.p99}/${ack.max}, delivery ${delivery.p50}/${delivery.p99}/${delivery.max}, ` +
    `of that after the receipt ${lag.p50}/${lag.p99}/${lag.max}${resumed}`
  );
}
