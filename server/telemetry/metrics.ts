import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';

/** What is read when somebody asks, not counted. */
export interface Observed {
  readonly streams: { readonly size: number };
  readonly bus: { readonly state: 'up' | 'degraded' };
}

/** Of a replica since it started; `streams`: those that are open. */
export interface Load {
  readonly streams: number;
  readonly sent: number;
  readonly delivered: number;
}

/** What the bus lost: an entry of a log, or that a stream was to be given a conversation, or had to leave it. */
export type GapKind = 'entry' | 'conversation';

/**
 * The numbers of one replica, for operators and for the registry. Counted as plain numbers, and put into Prometheus'
 * form only when it is asked for.
 */
export class Metrics {
  readonly #registry = new Registry();
  #observed: Observed = { streams: { size: 0 }, bus: { state: 'up' } };
  #sent = 0;
  #delivered = 0;
  #degraded = 0;
  readonly #gaps: Record<GapKind, number> = { entry: 0, conversation: 0 };

  constructor() {
    this.#gauge('parley_streams', 'Chat streams that are open', () => this.#observed.streams.size);
    this.#gauge('parley_bus_up', 'Whether events reach other replicas at once', () =>
      this.#observed.bus.state === 'up' ? 1 : 0,
    );
    this.#counter('parley_bus_degraded_total', 'How often the bus was lost', () => this.#degraded);
    this.#counter('parley_messages_sent_total', 'Sends that were acknowledged', () => this.#sent);
    this.#counter('parley_messages_delivered_total', 'Entries written to Chat streams', () => this.#delivered);
    const gaps = this.#gaps;
    new Counter({
      name: 'parley_reconcile_gaps_total',
      help: 'What the bus had lost, found by reading the log',
      labelNames: ['kind'],
      registers: [this.#registry],
      collect() {
        this.reset();
        for (const [kind, count] of Object.entries(gaps)) this.inc({ kind }, count);
      },
    });
  }

  observe(observed: Observed): void {
    this.#observed = observed;
  }

  messageSent(): void {
    this.#sent += 1;
  }

  messagesDelivered(count: number): void {
    this.#delivered += count;
  }

  busDegraded(): void {
    this.#degraded += 1;
  }

  gapsFound(kind: GapKind, count: number): void {
    this.#gaps[kind] += count;
  }

  load(): Load {
    return { streams: this.#observed.streams.size, sent: this.#sent, delivered: this.#delivered };
  }

  /** Adds what the process itself needs: processor, memory, event loop. It watches them from now until it ends. */
  watchProcess(): void {
    collectDefaultMetrics({ register: this.#registry });
  }

  /** In Prometheus' text format. */
  async exposition(): Promise<{ contentType: string; text: string }> {
    return { contentType: this.#registry.contentType, text: await this.#registry.metrics() };
  }

  #gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      ...{ name, help, registers: [this.#registry] },
      collect() {
        this.set(read());
      },
    });
  }

  #counter(name: string, help: string, read: () => number): void {
    new Counter({
      ...{ name, help, registers: [this.#registry] },
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  }
}
