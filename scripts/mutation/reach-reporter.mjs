import { writeFileSync } from 'node:fs';
import { SourceMap } from 'node:module';

/** Writes down, for each test file, how long it took and which statements of the sources it ran. */
export default class ReachReporter {
  #tests = [];

  onTestResult(_test, { testFilePath, perfStats, numFailingTests, testExecError, coverage = {} }) {
    this.#tests.push({
      path: testFilePath,
      durationMs: perfStats.end - perfStats.start,
      failed: numFailingTests > 0 || testExecError !== undefined,
      statements: Object.fromEntries(Object.values(coverage).map((file) => [file.path, statementsOf(file)])),
    });
  }

  onRunComplete() {
    writeFileSync(process.env.PARLEY_MUTATION_REACH, JSON.stringify(this.#tests));
  }

  getLastError() {}
}

/** Each statement as it stands in the TypeScript: [first line, last line, how often it ran]. Lines from 1. */
function statementsOf({ statementMap, s, inputSourceMap }) {
  const map = inputSourceMap === undefined ? undefined : new SourceMap(inputSourceMap);
  const lineOf = ({ line, column }) => {
    const entry = map?.findEntry(line - 1, column);
    return map === undefined ? line : (entry?.originalLine ?? -1) + 1;
  };
  return Object.entries(statementMap)
    .map(([id, { start, end }]) => [lineOf(start), lineOf({ line: end.line, column: end.column - 1 }), s[id]])
    .filter(([first, last]) => first > 0 && last >= first);
}
