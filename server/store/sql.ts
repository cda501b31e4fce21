import type { EntityManager, QueryRunner } from 'typeorm';
import type { Dialect } from './dialect.ts';

/** A row as the driver gives it: integers are numbers, binary columns Buffers. */
export type Row = Readonly<Record<string, unknown>>;

export type Parameter = number | string | null | Uint8Array;

/** Statements on one connection, for as long as a read or a transaction lasts. */
export class Sql {
  readonly dialect: Dialect;
  /** The ORM on the same connection. */
  readonly manager: EntityManager;
  readonly #runner: QueryRunner;
  readonly #running = new Set<Promise<unknown>>();
  #failure: unknown;

  constructor(dialect: Dialect, runner: QueryRunner) {
    this.dialect = dialect;
    this.#runner = runner;
    this.manager = runner.manager;
  }

  /** What a statement failed with: the transaction must not go on, nor be committed. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Refuses every further statement, and waits for those that run: they must not end in another transaction. */
  async end(reason: unknown): Promise<void> {
    this.#failure ??= reason;
    await Promise.allSettled(this.#running);
  }

  async query<R extends Row = Row>(statement: string, parameters: readonly Parameter[] = []): Promise<R[]> {
    const result = await this.#execute(statement, parameters);
    return result.records as R[];
  }

  /** `affected`: the rows that matched. `insertId`: the last auto-increment key. */
  async run(
    statement: string,
    parameters: readonly Parameter[] = [],
  ): Promise<{ readonly affected: number; readonly insertId: number }> {
    const result = await this.#execute(statement, parameters);
    const raw = result.raw as unknown;
    const insertId = this.dialect.engine === 'mysql' ? (raw as { insertId: number }).insertId : raw;
    return { affected: result.affected ?? 0, insertId: Number(insertId) };
  }

  /**
   * Runs `work` for chunks of `items`, none with more parameters than a statement may have, one after the other; gives
   * what they gave, in order.
   */
  async inChunks<T, R>(
    items: readonly T[],
    parametersPerItem: number,
    work: (chunk: readonly T[]) => Promise<readonly R[]>,
    most = Number.MAX_SAFE_INTEGER,
  ): Promise<R[]> {
    const size = Math.min(most, Math.max(1, Math.floor(this.dialect.maxParameters / parametersPerItem)));
    const results: R[] = [];
    for (let start = 0; start < items.length; start += size) {
      results.push(...(await work(items.slice(start, start + size))));
    }
    return results;
  }

  async #execute(statement: string, parameters: readonly Parameter[]) {
    // A deadlock has rolled the transaction back already: another statement would run, and commit, outside of it.
    if (this.#failure !== undefined) throw this.#failure;
    const running = this.#runner.query(statement, parameters.map(bindable), true);
    this.#running.add(running);
    try {
      return await running;
    } catch (error) {
      this.#failure ??= error;
      throw error;
    } finally {
      this.#running.delete(running);
    }
  }
}

/** Drivers take Buffers, and read other byte arrays as objects. */
function bindable(parameter: Parameter): unknown {
  if (!(parameter instanceof Uint8Array) || Buffer.isBuffer(parameter)) return parameter;
  return Buffer.from(parameter.buffer, parameter.byteOffset, parameter.byteLength);
}
