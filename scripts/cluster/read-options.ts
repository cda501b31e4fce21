import { parseArgs } from 'node:util';

export interface ClusterCommand {
  /** One replica each: 1 to 1000. */
  readonly weights: readonly number[];
  /** Undefined for a temporary one. */
  readonly folder: string | undefined;
  readonly port: number;
  readonly tls: boolean;
  readonly help: boolean;
}

/** What is wrong with the command line. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const WEIGHTS = [2, 1, 1];
const MAX_REPLICAS = 16;
const MAX_WEIGHT = 1_000;
const PORT = 8_080;

export const HELP = `Usage: npm run cluster -- [options]

MariaDB, Redis, replicas of Parley, and nginx in front of them, on this machine, until Ctrl-C.

  --replicas N      how many replicas, 1 to ${MAX_REPLICAS}; default: as many as there are weights
  --weights A,B,…   their shares of new streams, 1 to ${MAX_WEIGHT}; default: ${WEIGHTS.join(',')}, and 1 for more
  --folder DIR      keeps data and logs there, and goes on with what is there; default: a temporary folder
  --port P          where clients come in, on 127.0.0.1; default: ${PORT}
  --tls             TLS, by a certificate for localhost made for the folder
`;

/** @throws UsageError */
export function readOptions(args: readonly string[]): ClusterCommand {
  const { values } = parse(args);
  const given = values.weights?.split(',').map((text) => integer('--weights', text, 1, MAX_WEIGHT));
  const count = integer('--replicas', values.replicas ?? `${(given ?? WEIGHTS).length}`, 1, MAX_REPLICAS);
  if (given !== undefined && given.length !== count) {
    throw new UsageError(`--weights names ${given.length} replicas, and --replicas ${count}`);
  }
  return {
    weights: given ?? Array.from({ length: count }, (_, index) => WEIGHTS[index] ?? 1),
    folder: values.folder,
    port: integer('--port', values.port ?? `${PORT}`, 1, 65_535),
    tls: values.tls ?? false,
    help: values.help ?? false,
  };
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  try {
    return parseArgs({
      args: [...args],
      options: { replicas: text, weights: text, folder: text, port: text, tls: flag, help: flag },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function integer(option: string, text: string, min: number, max: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (!(value >= min && value <= max)) throw new UsageError(`${option} must be whole numbers from ${min} to ${max}`);
  return value;
}
