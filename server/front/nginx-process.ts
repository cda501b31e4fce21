import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';

import { readIfThere } from './write-file-atomically.ts';

const TEST_TIMEOUT_MS = 10_000;
/** What nginx begins a line with; without it the same complaint is the same text each time. */
const TIME_AND_PID = /^\d{4}\/\d\d\/\d\d [\d:]+ \[(?=\w+\])|(?<=^.*\]) \d+#\d+:/gm;

/** The nginx that runs on this machine. */
export interface NginxProcess {
  /** The file in which nginx keeps its master's pid. */
  readonly pidFile: string;
  /** The configuration that it was started with; undefined for the one that it was built with. */
  readonly conf: string | undefined;
}

/** nginx refuses its configuration, and goes on with the one that it has. */
export class NginxRefuses extends Error {
  override readonly name = 'NginxRefuses';
}

/**
 * Lets nginx read its configuration anew, if it can be read without an error. Open streams stay. Gives false where no
 * nginx runs: it will read it when it starts.
 *
 * @throws NginxRefuses with nginx's words
 */
export async function reloadNginx({ pidFile, conf }: NginxProcess): Promise<boolean> {
  const pid = Number((await readIfThere(pidFile)) ?? NaN);
  if (!Number.isSafeInteger(pid) || pid <= 1 || !(await isNginx(pid))) return false;
  await testConfiguration(conf);
  process.kill(pid, 'SIGHUP');
  return true;
}

/** A pid file may outlive its nginx, and the pid may be another program's by now, which SIGHUP would end. */
async function isNginx(pid: number): Promise<boolean> {
  try {
    return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).startsWith('nginx: master');
  } catch {
    return process.platform !== 'linux';
  }
}

function testConfiguration(conf: string | undefined): Promise<void> {
  const args = ['-t', '-q', '-e', 'stderr', ...(conf === undefined ? [] : ['-c', conf])];
  return new Promise((resolve, reject) => {
    execFile('nginx', args, { timeout: TEST_TIMEOUT_MS }, (error, _stdout, stderr) => {
      if (error === null) resolve();
      else reject(new NginxRefuses(stderr.trim().replaceAll(TIME_AND_PID, '') || error.message));
    });
  });
}
