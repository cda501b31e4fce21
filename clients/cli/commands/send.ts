import { randomUUIDv7 } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import { ParleyError } from '../../node/index.ts';
import type { ParleyApi, SendReceipt, Target } from '../../node/index.ts';
import { withApi } from '../account-session.ts';
import { CliError } from '../cli-error.ts';
import { printJson, printLine } from '../output.ts';
import { safeLine } from '../safe-text.ts';
import { findPeer } from '../target.ts';

const ATTEMPTS = 4;
const RETRY_MS = 250;
const MAX_RETRY_MS = 5_000;
const MAX_STDIN_BYTES = 1024 * 1024;

export function addSendCommand(program: Command): void {
  program
    .command('send')
    .description('send one message')
    .argument('<target>', "a user (ann or @ann) or a group ('#1' or group:1)")
    .argument('<text...>', 'the message; - takes it from stdin')
    .option('--json', 'print the receipt as JSON')
    .addHelpText('after', '\nExamples:\n  $ parley send bob see you at eight\n  $ uptime | parley send group:1 -')
    .action(async (to: string, words: string[], { json }: { json?: boolean }, command: Command) => {
      const text = words.length === 1 && words[0] === '-' ? await readStdin() : words.join(' ');
      if (text === '') throw new CliError('there is nothing to send', { exitCode: 2 });
      await withApi(command, async (api) => {
        const peer = await findPeer(api, to);
        const receipt = await sendOnce(api, peer.target, text);
        if (json) await printJson(receipt);
        else await printLine(`sent to ${safeLine(peer.title)}`);
      });
    });
}

/** Sends, and again under the same id after a failure that may pass: it is stored at most once. */
async function sendOnce(api: ParleyApi, target: Target, text: string): Promise<SendReceipt> {
  const clientMessageId = randomUUIDv7();
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await api.messages.send(target, text, { clientMessageId });
    } catch (error) {
      if (!(error instanceof ParleyError && error.retryable) || attempt === ATTEMPTS) throw error;
      await delay(Math.min(MAX_RETRY_MS, (error.retryAfterMs ?? 0) + RETRY_MS * attempt * Math.random()));
    }
  }
}

async function readStdin(): Promise<string> {
  let text = '';
  for await (const chunk of process.stdin.setEncoding('utf8')) {
    text += String(chunk);
    if (Buffer.byteLength(text) > MAX_STDIN_BYTES) throw new CliError('the text is too long');
  }
  return text.replace(/\r?\n$/, '');
}
