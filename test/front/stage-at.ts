import { Stage } from '../e2e/protocol/stage.ts';
import type { FrontNginx } from './front-nginx.ts';

/** Those who come in through nginx; disposing it ends what they have open. */
export function stageAt(nginx: FrontNginx): Stage & AsyncDisposable {
  const nothing = async () => undefined;
  const stage = new Stage({ address: nginx.address, stop: nothing, [Symbol.asyncDispose]: nothing }, nginx.channel);
  return Object.assign(stage, { [Symbol.asyncDispose]: () => stage.close() });
}
