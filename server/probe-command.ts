import { parseArgs } from 'node:util';

import { helpText } from './banner.ts';
import { ConfigError, readConfig } from './config.ts';
import { parseAddress } from './front/address.ts';
import type { Verdict } from './front/probe.ts';
import { probeHealth, PROBED_SERVICE } from './rpc/health-probe.ts';

const DEADLINE_MS = 2_000;

const TOLD: Readonly<Record<Verdict, string>> = {
  serving: 'serving',
  'not-serving': 'not serving',
  failed: `no answer within ${DEADLINE_MS / 1_000} s, or no such service`,
};

/** An address that means all of a machine's is asked for here. */
const HERE: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '[::]': '[::1]' };

/**
 * Runs `parley-server probe [HOST:PORT] [--service NAME]` and gives the exit code: 0 the service is SERVING, 1 it is
 * not, or nobody answers within 2 s, 2 wrong usage. Without an address it asks the server of this environment.
 */
export async function runProbe(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  try {
    const { service, address, help } = readArguments(args);
    if (help) {
      process.stdout.write(helpText());
      return 0;
    }
    const asked = address ?? addressHere(readConfig(environment).listen);
    // A name or a port that nothing can be at is told before anybody is asked.
    parseAddress(asked);
    const verdict = await probeHealth(asked, DEADLINE_MS, service);
    process.stdout.write(`${asked}${service && ` ${service}`}: ${TOLD[verdict]}\n`);
    return verdict === 'serving' ? 0 : 1;
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof RangeError)) throw error;
    process.stderr.write(`parley-server probe: ${error.message.split('\n').join('\nparley-server probe: ')}\n`);
    return 2;
  }
}

/** @throws RangeError for an option that there is none of, and for more than one address */
function readArguments(args: readonly string[]) {
  const { values, positionals } = parsed(args);
  if (positionals.length > 1) throw new RangeError('give one HOST:PORT');
  return { service: values.service, address: positionals[0], help: values.help === true };
}

function parsed(args: readonly string[]) {
  const service = { type: 'string', default: PROBED_SERVICE } as const;
  const help = { type: 'boolean', short: 'h' } as const;
  try {
    return parseArgs({ args: [...args], options: { service, help }, allowPositionals: true });
  } catch (error) {
    throw new RangeError((error as Error).message);
  }
}

function addressHere(listen: string): string {
  const colon = listen.lastIndexOf(':');
  const host = listen.slice(0, colon);
  return `${HERE[host] ?? host}${listen.slice(colon)}`;
}
