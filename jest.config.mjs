export default {
  rootDir: '.',
  testEnvironment: 'node',
  globalSetup: '<rootDir>/test/support/prepare.mjs',
  maxWorkers: 2,
  workerIdleMemoryLimit: '512MB',
  // To free all that a worker has takes a busy machine longer than jest waits by itself.
  workerGracefulExitTimeout: 30_000,
  coverageProvider: 'v8',
  testRegex: 'test/.*\\.test\\.ts$',
  // Those need the official PDS: npm run test:official.
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/official/'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: { '^.+\\.ts$': '@swc/jest' },
  collectCoverageFrom: ['src/**/*.ts', 'migrations/**/*.ts'],
  // It ends what hangs, also where the machine has other things to do.
  testTimeout: 300_000,
}
