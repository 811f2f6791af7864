/**
 * The house, from the roof down: a file imports only from its own folder and from folders further down this list.
 * Each folder of `adapters/` counts as a folder of its own.
 */
const HOUSE = [
  'cli',
  'console',
  'testing',
  'rollout',
  'agreement',
  'node',
  'xstate',
  'trail',
  'gate',
  'policies',
  'telemetry',
  'flip',
  'chart',
  'dephase',
  'adapters',
  'audit',
  'ports',
  'base',
]

/** Packages that only some may import. */
const ONLY = [
  { package: '@opentelemetry/', by: ['telemetry/otel/'] },
  { package: 'fast-check', by: ['testing/fast-check/'] },
  { package: 'eventemitter3', by: ['telemetry/'] },
  { package: 'vitest', by: ['testing/vitest/'] },
  { package: 'xstate', by: ['chart/compile\\.ts$', 'xstate/', 'testing/'] },
  { package: 'zod', by: ['adapters/stored/', 'adapters/file/', 'adapters/postgres/', 'cli/'] },
]

/** Adapters are strangers to each other, but for what they share. */
const SHARED_BY_ADAPTERS = ['resident', 'stored', 'folder']

/** What the package exports. */
const DOORS = [
  'index',
  'adapters/file/index',
  'adapters/postgres/index',
  'adapters/redis/index',
  'node/index',
  'telemetry/otel/index',
  'telemetry/logs/index',
  'trail/index',
  'policies/index',
  'xstate/index',
  'testing/index',
  'testing/fast-check/index',
  'testing/vitest/index',
  'testing/reporter/index',
]

const inFolder = (folder) => `^src/${folder}/`
const anyOf = (parts) => `(${parts.join('|')})`

const floors = HOUSE.slice(1).map((folder, index) => ({
  name: `${folder}-looks-down`,
  comment: `${folder}/ imports only from folders further down the house: ${HOUSE.slice(index + 2).join(', ') || 'none'}.`,
  severity: 'error',
  from: { path: inFolder(folder) },
  to: { path: inFolder(anyOf(HOUSE.slice(0, index + 1))) },
}))

const reserved = ONLY.map(({ package: name, by }) => ({
  name: `only-some-import-${name.replace(/\W/g, '')}`,
  comment: `Only ${by.join(', ')} may import ${name}.`,
  severity: 'error',
  from: { path: '^src/', pathNot: by.map((place) => `^src/${place}`) },
  to: { path: `(^|node_modules/)${name}` },
}))

module.exports = {
  forbidden: [
    ...floors,
    ...reserved,
    {
      name: 'every-folder-is-in-the-house',
      comment: 'A new folder of src/ gets its floor in HOUSE.',
      severity: 'error',
      from: {},
      to: { path: '^src/[^/]+/', pathNot: inFolder(anyOf(HOUSE)) },
    },
    {
      name: 'folders-are-entered-by-the-door',
      comment: 'Another folder is entered through its index.ts.',
      severity: 'error',
      from: { path: '^(src.*/)[^/]+$' },
      to: { path: '^src/', pathNot: ['^$1[^/]+$', '/index\\.ts$'] },
    },
    {
      name: 'front-door-is-for-guests',
      comment: 'Inside, a folder is entered by its own door; src/index.ts is for those who import the package.',
      severity: 'error',
      from: { path: '^src/.+/' },
      to: { path: '^src/index\\.ts$' },
    },
    {
      name: 'no-circles',
      comment: 'Neither of values nor of types.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'gate-knows-only-memory',
      comment: 'gate/ knows no adapter but memory: a user of the front door loads no other.',
      severity: 'error',
      from: { path: ['^src/gate/', '^src/index\\.ts$'] },
      to: { path: '^src/adapters/', pathNot: '^src/adapters/memory/' },
    },
    {
      name: 'adapters-are-strangers',
      comment: `An adapter imports no other adapter, only what they share: ${SHARED_BY_ADAPTERS.join(', ')}.`,
      severity: 'error',
      from: { path: '^src/adapters/([^/]+)/' },
      to: { path: '^src/adapters/', pathNot: ['^src/adapters/$1/', `^src/adapters/${anyOf(SHARED_BY_ADAPTERS)}/`] },
    },
    {
      name: 'examples-are-guests',
      comment: 'Examples import the package by its subpaths, as its users do.',
      severity: 'error',
      from: { path: '^examples/' },
      to: { path: '^src/', pathNot: `^src/${anyOf(DOORS)}\\.ts$` },
    },
    {
      name: 'only-declared-packages',
      comment: 'What src/ imports is in dependencies or peerDependencies: tsup would silently bundle anything else.',
      severity: 'error',
      from: { path: '^src/' },
      // A peer dependency is a dev dependency, too, or there were none here to test with.
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['npm-peer'] },
    },
    {
      name: 'nothing-missing',
      comment: 'Every import leads somewhere.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'src-stands-alone',
      comment: 'src/ imports nothing from the rest of the repository.',
      severity: 'error',
      from: { path: '^src/' },
      to: { pathNot: ['^src/', 'node_modules/'], dependencyTypesNot: ['core'], couldNotResolve: false },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node', 'default'] },
  },
}
