/** How long things took, in milliseconds; 0 where there were none. */
export interface Times {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** What happened between two marks: what is counted is what was sent, or ended, in that time. */
export interface PhaseFigures {
  readonly name: string;
  readonly seconds: number;
  /** From first sending a message to its receipt, over reconnects. */
  readonly ack: Times;
  /** From first sending it to its arrival at a recipient, for each of them. */
  readonly delivery: Times;
  /** From its receipt to its arrival at a recipient; 0 where it arrived first. */
  readonly lag: Times;
  /** From a stream's end to the end of what waited, on the next stream. */
  readonly resume: Times;
}

/** A point of time and a duration from there on, both in milliseconds. */
export interface Sample {
  readonly at: number;
  readonly ms: number;
}

export interface Mark {
  readonly name: string;
  readonly at: number;
}

export interface Samples {
  readonly acks: readonly Sample[];
  readonly deliveries: readonly Sample[];
  readonly lags: readonly Sample[];
  readonly resumes: readonly Sample[];
}

/** The figures of each phase: from its mark to the next one, the last one to `end`. */
export function phaseFigures(marks: readonly Mark[], end: number, samples: Samples): PhaseFigures[] {
  return marks.map(({ name, at }, index) => {
    const until = marks[index + 1]?.at ?? end;
    const within = (all: readonly Sample[]): Times =>
      times(all.filter((sample) => sample.at >= at && sample.at < until).map(({ ms }) => ms));
    return {
      name,
      seconds: (until - at) / 1_000,
      ack: within(samples.acks),
      delivery: within(samples.deliveries),
      lag: within(samples.lags),
      resume: within(samples.resumes),
    };
  });
}

function times(durations: number[]): Times {
  const sorted = Float64Array.from(durations).sort();
  const quantile = (share: number): number =>
    Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0);
  return { count: sorted.length, p50: quantile(0.5), p99: quantile(0.99), max: quantile(1) };
}
