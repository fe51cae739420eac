/**
 * Four levels, one project each (see CONTRIBUTING): unit needs nothing; contract, integration and e2e get real services
 * from `test/support/global-setup.ts`, which fails, never skips, when one cannot be had.
 */
const swc = {
  '^.+\\.ts$': [
    '@swc/jest',
    {
      jsc: {
        target: 'es2022',
        parser: { syntax: 'typescript', decorators: true },
        transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
        keepClassNames: true,
      },
      module: { type: 'commonjs' },
    },
  ],
};
const level = (name, extra = {}) => ({
  displayName: name,
  rootDir: __dirname,
  testEnvironment: 'node',
  testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
  transform: swc,
  // Compiled copies of the program are run, never imported, by tests.
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/test-results/', '<rootDir>/.waht/'],
  setupFiles: ['<rootDir>/test/support/setup-env.ts'],
  ...extra,
});
const services = {
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
};
/** Needs a server with TLS and users: `npm run test:eventstore:secure`. */
const SECURE = '/test/contract/event-store/secure/';
module.exports = {
  maxWorkers: 2,
  testSequencer: '<rootDir>/test/support/longest-first.cjs',
  projects: [
    level('unit'),
    level('contract', { ...services, testPathIgnorePatterns: [SECURE] }),
    level('integration', services),
    level('e2e', services),
  ],
};
