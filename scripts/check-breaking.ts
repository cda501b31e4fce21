import { compareWithReleased } from './contract-image.ts';

process.exitCode = await compareWithReleased();
