/** Who may import whom. The order is main → app → rpc → domain → seams → lib. */

const DOMAIN = '^server/(accounts|friends|groups|messages|attachments|search|delivery|presence|front)/';
const TESTS = '(\\.test\\.ts$|^test/|^scripts/)';
/** The interfaces of the seams; everything else beside them is an implementation. */
const SEAMS = '^server/(store/seam/[a-z]+|bus/bus|blobs/blobs|presence/presence|cluster/(registry|roster))\\.ts$';

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'lib-is-the-bottom',
      severity: 'error',
      from: { path: '^server/(lib|telemetry)/', pathNot: TESTS },
      to: { path: '^server/', pathNot: '^server/(lib|telemetry)/' },
    },
    {
      name: 'seams-know-no-domain',
      severity: 'error',
      from: { path: '^server/(store|bus|blobs|cluster)/', pathNot: TESTS },
      to: { path: `${DOMAIN}|^server/(rpc/|app\\.ts|config\\.ts)` },
    },
    {
      name: 'domain-sees-seams-only',
      severity: 'error',
      from: { path: DOMAIN, pathNot: TESTS },
      to: { path: '^server/(store|bus|blobs|cluster|rpc)/|^server/(app|config|main)\\.ts$', pathNot: SEAMS },
    },
    {
      name: 'rpc-sees-seams-only',
      severity: 'error',
      from: { path: '^server/rpc/', pathNot: TESTS },
      to: { path: '^server/(store|bus|blobs|cluster)/|^server/(app|config|main)\\.ts$', pathNot: SEAMS },
    },
    {
      name: 'implementations-in-app-only',
      severity: 'error',
      from: { path: '^server/', pathNot: `${TESTS}|^server/(app|command-line)\\.ts$|^server/(store|bus|blobs)/` },
      to: { path: '^server/(store|bus|blobs)/|^server/presence/(memory|shared)-', pathNot: SEAMS },
    },
    {
      name: 'app-is-for-the-process',
      severity: 'error',
      from: { path: '^server/', pathNot: `${TESTS}|^server/(main|command-line|banner)\\.ts$` },
      to: { path: '^server/(app|command-line|main)\\.ts$' },
    },
    {
      name: 'config-is-for-the-root',
      severity: 'error',
      from: { path: '^server/', pathNot: `${TESTS}|^server/[a-z-]+\\.ts$` },
      to: { path: '^server/config\\.ts$' },
    },
    {
      name: 'grpc-at-the-edge',
      severity: 'error',
      from: { pathNot: `^server/rpc/|^clients/node/|${TESTS}|^proto/gen/` },
      to: { path: 'node_modules/@grpc/|^proto/gen/' },
    },
    {
      name: 'typeorm-in-the-store',
      severity: 'error',
      from: { pathNot: `^server/store/|^migrations/|${TESTS}` },
      to: { path: 'node_modules/(typeorm|mysql2|better-sqlite3)/' },
    },
    {
      name: 'redis-in-redis-files',
      severity: 'error',
      from: { pathNot: `/redis-[a-z-]+\\.ts$|${TESTS}` },
      to: { path: 'node_modules/ioredis/' },
    },
    {
      name: 'clients-know-no-server',
      severity: 'error',
      from: { path: '^clients/', pathNot: TESTS },
      to: { path: '^(server|migrations)/' },
    },
    {
      name: 'sdk-by-its-index',
      severity: 'error',
      from: { path: '^clients/(cli|load)/', pathNot: TESTS },
      to: { path: '^clients/node/', pathNot: '^clients/node/index\\.ts$' },
    },
    {
      name: 'sdk-stands-alone',
      severity: 'error',
      from: { path: '^clients/node/', pathNot: TESTS },
      to: { path: '^clients/(cli|load)/' },
    },
    {
      name: 'production-needs-no-test',
      severity: 'error',
      from: { path: '^(server|clients|migrations)/', pathNot: TESTS },
      to: { path: '^test/|\\.test\\.ts$', dependencyTypesNot: ['type-only'] },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'declared',
      severity: 'error',
      from: { path: '^(server|clients|migrations)/', pathNot: TESTS },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
