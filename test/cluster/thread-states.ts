import { readdir, readFile } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';

/** Resolves once each thread of a process that was sent SIGSTOP has stopped. */
export async function untilStopped(pid: number): Promise<void> {
  while (!(await threadStates(pid)).every((state) => state === 'T')) await setImmediate();
}

/** The state letters of a process's threads, as Linux tells them. */
async function threadStates(pid: number): Promise<string[]> {
  const threads = await readdir(`/proc/${pid}/task`);
  const stats = await Promise.all(threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/stat`, 'utf8')));
  return stats.map((stat) => stat.slice(stat.lastIndexOf(')') + 2)[0]!);
}
