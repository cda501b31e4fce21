/** Ends the run with 1 at the first test file that fails, and also where the run just stops: 0 is for its whole end. */
export default class FirstFailureReporter {
  onRunStart() {
    process.exitCode = 1;
  }

  onTestResult(_test, { numFailingTests, testExecError }) {
    if (numFailingTests > 0 || testExecError !== undefined) process.exit(1);
  }

  onRunComplete(_contexts, { success }) {
    if (success) process.exitCode = 0;
  }

  getLastError() {}
}
