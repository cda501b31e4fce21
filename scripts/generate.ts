import { join } from 'node:path';

import { generateInto } from './generated-code.ts';
import { ROOT } from './run.ts';

/** Makes proto/gen anew from the contract: the stubs, and the descriptor image that reflection serves. */
await generateInto(join(ROOT, 'proto/gen'));
