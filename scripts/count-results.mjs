import { existsSync, readFileSync } from 'node:fs';

// Plain JavaScript: .ci/run calls it with the machine's own Node.

/** Adds up the results of the checks and the tests, and prints them as the last line of the gate. */
const [checkLog, testsFile, stepFailed] = process.argv.slice(2);

const check = /^check: (\d+) passed, (\d+) failed$/m.exec(readFileSync(checkLog, 'utf8'));
const tests = existsSync(testsFile) ? JSON.parse(readFileSync(testsFile, 'utf8')) : undefined;

const passed = Number(check?.[1] ?? 0) + (tests?.numPassedTests ?? 0);
let failed =
  Number(check?.[2] ?? 1) + (tests === undefined ? 1 : tests.numFailedTests + tests.numRuntimeErrorTestSuites);
if (failed === 0 && stepFailed !== '0') failed = 1;

console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
