import { buildContract, RELEASED } from './contract-image.ts';

/**
 * Makes the contract as it stands the one that `buf breaking` compares with. Only on purpose, with a line in the
 * changelog: what this forgets may break clients.
 */
await buildContract(RELEASED);
