/** @type {import('jest').Config} */
export default {
  testEnvironment: '<rootDir>/test/setup/environment.ts',
  globalSetup: '<rootDir>/test/setup/global-setup.ts',
  globalTeardown: '<rootDir>/test/setup/global-teardown.ts',
  testMatch: ['<rootDir>/{server,clients,migrations,test}/**/*.test.ts'],
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2024',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
        },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  // Counted with --coverage, as in CI. What runs only in processes that tests start is not seen. Istanbul's counters
  // know the branches of functions that never ran, and files that hold types only count for nothing; V8's do not.
  coverageProvider: 'babel',
  collectCoverageFrom: ['server/**/*.ts', '!**/*.test.ts'],
  coverageReporters: [['text', { skipFull: true }], 'json-summary', 'lcov'],
  coverageThreshold: { global: { lines: 90, branches: 90 } },
  // Two cores are what the tests are sized for; more workers only make the timed ones late.
  maxWorkers: 2,
  // Modules of finished test files are not freed: after a hundred of them a worker holds a gigabyte, and each full
  // collection of garbage takes a second.
  workerIdleMemoryLimit: '400MB',
  testTimeout: 20_000,
};
