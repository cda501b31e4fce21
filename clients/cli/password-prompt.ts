import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { CliError } from './cli-error.ts';

const MAX_LINE_CHARACTERS = 4_096;

/**
 * The password: from PARLEY_PASSWORD, or asked for without an echo on a terminal (twice, where it is a new one), or the
 * first line of stdin.
 */
export async function readPassword(env: NodeJS.ProcessEnv, { isNew }: { isNew: boolean }): Promise<string> {
  const given = env['PARLEY_PASSWORD'];
  if (given !== undefined) return given;
  if (!process.stdin.isTTY) return await firstLine();
  const password = await askHidden('Password: ');
  if (isNew && (await askHidden('Again: ')) !== password) throw new CliError('the two passwords differ');
  return password;
}

function askHidden(question: string): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: silent, terminal: true, historySize: 0 });
  process.stderr.write(question);
  return new Promise((resolve, reject) => {
    lines.on('SIGINT', () => lines.close());
    lines.on('close', () => {
      process.stderr.write('\n');
      reject(new CliError('no password given'));
    });
    lines.question('', (answer) => {
      resolve(answer);
      lines.close();
    });
  });
}

async function firstLine(): Promise<string> {
  let text = '';
  for await (const chunk of process.stdin.setEncoding('utf8')) {
    text += String(chunk);
    if (text.includes('\n') || text.length > MAX_LINE_CHARACTERS) break;
  }
  const line = text.split(/\r?\n/, 1)[0] ?? '';
  if (line === '')
    throw new CliError('no password given: on a terminal it is asked for; else PARLEY_PASSWORD or stdin');
  return line;
}
