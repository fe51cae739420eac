/**
 * The habits of the house that a machine can check (CONTRIBUTING says why in full). What concerns files and layers is in
 * `.dependency-cruiser.cjs`. Nothing is a warning: a rule holds or is not here. Nothing can be switched off in a file.
 */
import eslint from '@eslint/js';
import tseslint from 'typescript-eslint';

/** Selectors with the sentence that whoever breaks them reads. */
const HABITS = [
  {
    selector: 'ExportDefaultDeclaration',
    message: 'A default export has no name to search for: export it by name.',
  },
  {
    selector: 'ExportAllDeclaration',
    message: 'No barrels: they hide where a thing lives and make cycles. Import from the file itself.',
  },
  {
    selector: 'TSAsExpression > TSAsExpression',
    message: 'A double cast switches the type checker off: narrow or parse instead.',
  },
  {
    selector: 'ObjectExpression > SpreadElement > ObjectExpression',
    message: 'Write the members out: a literal spread into a literal is copied at run time and leaves a slow object.',
  },
];

/** Whose rows a transaction sees, and whom a connection acts as, is said in one place each. */
const TENANCY = ['Literal[value', 'TemplateElement[value.raw'].map((text) => ({
  selector: `${text}=/\\bapp\\.customer\\b|\\bset\\s+(local\\s+|session\\s+)?role\\b|\\brow_security\\b/i]`,
  message: 'Tenant and role are set by TenantTransactions and Database alone: read through TENANT_READS.',
}));
const TENANCY_HOMES = ['src/infrastructure/postgres/tenancy.ts', 'src/infrastructure/postgres/database.ts'];

const TEST_HABITS = [
  {
    selector: 'CallExpression[callee.property.name=/^(skip|only|todo)$/][callee.object.name=/^(describe|it|test)$/]',
    message: 'A skipped test looks like a passing one, and "only" skips all the others.',
  },
  {
    selector: 'CallExpression[callee.name=/^(xit|xtest|xdescribe|fit|fdescribe)$/]',
    message: 'A skipped test looks like a passing one.',
  },
];

/** What makes a decision depend on anything but its arguments. */
const IMPURE_GLOBALS = ['Date', 'process', 'fetch', 'crypto', 'performance', 'console', 'Buffer'].concat([
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'globalThis',
]);

const PURITY = [
  {
    selector: ':function[async=true]',
    message: 'The domain decides, it does not wait: what it needs to know comes in on the command.',
  },
  { selector: 'AwaitExpression', message: 'The domain decides, it does not wait.' },
  { selector: 'ImportExpression', message: 'The domain is complete without loading anything while it runs.' },
];

/** Every driver has one home, so that it can be replaced, faked and upgraded in one place. */
const DRIVERS = ['pg', 'ioredis', 'lmdb', 'undici', 'fastify', 'pino', 'prom-client'].map((name) => ({
  name,
  message: 'Only infrastructure knows drivers: ask for a port by its symbol.',
}));

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', '.waht/', 'test-results/', 'bench-results/', 'dashboard/', 'coverage/'] },
  // The probes that recorded how the real event store behaves: kept as they were run.
  { ignores: ['test/support/event-store/*-probe.cjs'] },
  { linterOptions: { noInlineConfig: true, reportUnusedDisableDirectives: 'error' } },
  eslint.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommended],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // An `any` spreads without a sound to everything that touches it.
      '@typescript-eslint/no-explicit-any': 'error',
      // A promise that nobody waits for loses its error, and with it an event or a payment.
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { attributes: false } }],
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
      // A new kind of event or state must be looked at everywhere; `assertNever` in a default branch counts.
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true, requireDefaultForNonUnion: false },
      ],
      // Errors carry a message, a stack and a cause; nothing else that is thrown does.
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/no-unnecessary-type-assertion': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/ban-ts-comment': 'error',
      // Nest reads the types of constructors at run time, so only what is used as a type alone may be imported as one.
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // A swallowed error is found by a customer. Say in the catch what it means, or let it go on.
      'no-empty': ['error', { allowEmptyCatch: false }],
      'no-console': 'error',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      // It takes a decorator that is used on a parameter for one that is not used; the compiler finds real dead code.
      'no-useless-assignment': 'off',
      'no-restricted-syntax': ['error', ...HABITS, ...TENANCY],
    },
  },
  { files: TENANCY_HOMES, rules: { 'no-restricted-syntax': ['error', ...HABITS] } },
  {
    files: ['src/domain/**/*.ts'],
    rules: {
      'no-restricted-globals': [
        'error',
        ...IMPURE_GLOBALS.map((name) => ({
          name,
          message: 'The domain is pure: times, ids and chance come in on the command.',
        })),
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'The domain is pure: chance comes in on the command.' },
      ],
      'no-restricted-imports': [
        'error',
        { patterns: [{ regex: '^[^.]', message: 'The domain imports nothing but the domain.' }] },
      ],
      'no-restricted-syntax': ['error', ...HABITS, ...PURITY],
    },
  },
  {
    files: ['src/application/**/*.ts', 'src/projections/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: [
            ...DRIVERS,
            {
              name: '@nestjs/common',
              importNames: ['forwardRef'],
              message: 'A circular dependency is a design to mend, not to hide.',
            },
          ],
          patterns: [{ regex: '^@eventstore/', message: 'The event store has one adapter, in infrastructure.' }],
        },
      ],
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: { 'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }] },
  },
  {
    // Processes that a person or another program reads by their output.
    files: ['src/cli/**/*.ts', 'src/infrastructure/embedded/*/main.ts', 'bench/**/*.ts'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      'no-restricted-syntax': ['error', ...HABITS, ...TEST_HABITS],
      // A test may assert that a thing is there by using it: it fails where it is not.
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  {
    files: ['test/support/checker/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            { regex: '^\\.\\.', message: 'The checker knows nothing of the program: it would repeat its mistakes.' },
          ],
        },
      ],
    },
  },
  {
    // jest takes these by their default export.
    files: ['test/support/global-*.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    // Pages run in a browser, whose hundreds of names this configuration does not list.
    files: ['src/**/page/**/*.js'],
    rules: { 'no-undef': 'off' },
  },
  {
    // Plain Node scripts: tools and configuration.
    files: ['**/*.mjs', '**/*.cjs', '**/*.js'],
    languageOptions: {
      globals: Object.fromEntries(
        ['process', 'console', 'require', 'module', '__dirname', 'setTimeout', 'setInterval', 'clearTimeout']
          .concat(['clearInterval', 'URL', 'Buffer', 'fetch', 'performance', 'AbortSignal'])
          .map((name) => [name, 'readonly']),
      ),
    },
  },
);
