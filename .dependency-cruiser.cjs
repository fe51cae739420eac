/**
 * Who may know whom. Every rule says why; the build fails on each (`npm run architecture`).
 * Types count as much as values: a layer that knows another's types is bound to it.
 */
const DOMAIN = '^src/domain/';
const APPLICATION = '^src/application/';
const PROJECTIONS = '^src/projections/';
const INFRASTRUCTURE = '^src/infrastructure/';
const EMBEDDED = '^src/infrastructure/embedded/';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'domain-stands-alone',
      comment:
        'The domain is pure functions over plain data: it can be read, tested and replayed without anything else. ' +
        'Whatever it needs from outside comes in on the command.',
      severity: 'error',
      from: { path: DOMAIN },
      to: { pathNot: DOMAIN },
    },
    {
      name: 'application-knows-domain-and-ports',
      comment:
        'A use case names what it needs as a port and is handed it by symbol, so that it runs against any adapter. ' +
        'Of the framework it may use the buses and the injection, nothing that speaks HTTP or SQL.',
      severity: 'error',
      from: { path: APPLICATION },
      to: {
        pathNot: [DOMAIN, APPLICATION, '^node_modules/@nestjs/(common|cqrs)/', '^node_modules/@types/node/'],
        dependencyTypesNot: ['core'],
      },
    },
    {
      name: 'application-does-no-io-by-itself',
      comment: 'Files, sockets and processes are adapters; of Node a use case may use what only calculates or waits.',
      severity: 'error',
      from: { path: APPLICATION },
      to: {
        dependencyTypes: ['core'],
        pathNot: '^(node:)?(crypto|events|util|assert|buffer|timers|timers/promises|async_hooks|perf_hooks|url)$',
      },
    },
    {
      name: 'projections-know-domain-and-ports',
      comment:
        'A projection turns events into rows through the port that runs its SQL; it must be rebuildable in any process, ' +
        'so it knows no driver, no HTTP and no use case.',
      severity: 'error',
      from: { path: PROJECTIONS },
      to: {
        pathNot: [
          DOMAIN,
          PROJECTIONS,
          '^src/application/ports/',
          '^src/application/shared/',
          '^node_modules/@nestjs/common/',
        ],
        dependencyTypesNot: ['core'],
      },
    },
    {
      name: 'infrastructure-does-not-know-the-composition',
      comment:
        'Only app.module.ts, main.ts and the command line see every layer; an adapter that imports them is a cycle in waiting.',
      severity: 'error',
      from: { path: INFRASTRUCTURE },
      to: { path: ['^src/[^/]+\\.ts$', '^src/cli/'] },
    },
    {
      name: 'composition-in-one-place',
      comment: 'Nothing below the composition root may depend on it: the arrow would point both ways.',
      severity: 'error',
      from: { path: '^src/(domain|application|projections)/' },
      to: { path: ['^src/[^/]+\\.ts$', '^src/cli/'] },
    },
    {
      name: 'embedded-is-a-process-apart',
      comment:
        'The embedded services run as processes of their own and are reached over the wire, like the real ones. ' +
        'The program must not know that they exist.',
      severity: 'error',
      from: { path: '^src/', pathNot: EMBEDDED },
      to: { path: EMBEDDED },
    },
    {
      name: 'embedded-knows-no-product-code',
      comment:
        'A simulator or a store that shares code with what it stands in for agrees with its mistakes too. ' +
        'The launcher, Postgres and Redis are one process; the event store and the sandbox stand alone.',
      severity: 'error',
      from: { path: EMBEDDED },
      to: { path: '^src/', pathNot: EMBEDDED },
    },
    {
      name: 'one-embedded-process-does-not-know-another',
      comment: 'Each embedded process is started by its entry file and talked to over its port.',
      severity: 'error',
      from: { path: '^src/infrastructure/embedded/(event-store|sandbox)/' },
      to: { path: EMBEDDED, pathNot: '^src/infrastructure/embedded/$1/' },
    },
    {
      name: 'launcher-starts-by-file-name',
      comment: 'The launcher runs in a few megabytes because it loads none of what it starts.',
      severity: 'error',
      from: { path: '^src/infrastructure/embedded/(launcher|postgres|redis)/' },
      to: { path: '^src/infrastructure/embedded/(event-store|sandbox)/' },
    },
    {
      name: 'http-reads-as-a-tenant',
      comment:
        'A controller that held a pool could answer one customer with rows of another: HTTP reads through the ports of ' +
        'the read models, and those through TENANT_READS.',
      severity: 'error',
      from: { path: '^src/(infrastructure/http|application)/' },
      to: { path: '^src/(infrastructure/postgres/|application/ports/worker-sql)' },
    },
    {
      name: 'rows-of-all-customers-are-for-workers',
      comment: 'A reader that answers customers takes TENANT_READS; these answer no customer.',
      severity: 'error',
      from: { path: PROJECTIONS, pathNot: '^src/projections/wallets/wallets\\.reader\\.ts$' },
      to: { path: '^src/application/ports/worker-sql' },
    },
    {
      name: 'event-store-client-has-one-home',
      comment:
        'The official client has traps (deadlines, retries, wedged connections) that the one adapter meets; ' +
        'whoever used it directly would meet them again.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/infrastructure/(event-store|embedded/event-store)/' },
      to: { path: '^node_modules/@eventstore/' },
    },
    {
      name: 'drivers-live-in-infrastructure',
      comment:
        'A database driver in a use case or a projection could never be replaced, faked or bounded in one place.',
      severity: 'error',
      from: { path: '^src/', pathNot: INFRASTRUCTURE },
      to: { path: '^node_modules/(pg|ioredis|lmdb)/' },
    },
    {
      name: 'no-cycles',
      comment:
        'Files that need each other are one file in disguise, and with decorators they break when they are loaded.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-orphans',
      comment: 'A file that nobody imports is forgotten code, or was never wired in.',
      severity: 'error',
      from: { orphan: true, pathNot: ['(^|/)main\\.ts$', '\\.d\\.ts$', '\\.(html|css|js|sql|json)$'] },
      to: {},
    },
    {
      name: 'no-development-tools-in-the-program',
      comment: 'An image for production has no development dependencies: such an import fails there and only there.',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], pathNot: '^node_modules/@types/' },
    },
    {
      name: 'everything-resolves',
      comment: 'An import that leads nowhere fails when it is first run.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['require', 'node', 'types', 'default'] },
  },
};
