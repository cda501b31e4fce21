import { makeLoadPlan } from './load-plan.ts';
import { LoadRun } from './load-run.ts';
import type { LoadAnswer, LoadOrder } from './load.ts';

/** What is left to come has so long, once nothing more is sent. */
const FINISH_WITHIN_MS = 30_000;

let run: LoadRun | undefined;

const answer = (message: LoadAnswer): void => void process.send!(message);

async function obey(order: LoadOrder): Promise<void> {
  switch (order.order) {
    case 'prepare': {
      const { address, users, groupSize, perSecond } = order.options;
      run = new LoadRun(address, await makeLoadPlan(address, users, groupSize), perSecond);
      answer({ answer: 'ready' });
      break;
    }
    case 'start':
      run!.start(order.mark);
      break;
    case 'mark':
      run!.mark(order.mark);
      break;
    case 'finish':
      answer({ answer: 'report', report: await run!.finish(FINISH_WITHIN_MS) });
      process.disconnect();
      break;
  }
}

process.on('message', (order: LoadOrder) => {
  obey(order).catch((error: unknown) => answer({ answer: 'failed', message: String(error) }));
});
// Who asked for the load is gone.
process.on('disconnect', () => process.exit());
