import { defineConfig } from 'tsup'

export default defineConfig({
  // A subpath each; shared chunks (`splitting`) keep one PhasegateError class for all of them.
  entry: {
    index: 'src/index.ts',
    file: 'src/adapters/file/index.ts',
    postgres: 'src/adapters/postgres/index.ts',
    redis: 'src/adapters/redis/index.ts',
    node: 'src/node/index.ts',
    otel: 'src/telemetry/otel/index.ts',
    logs: 'src/telemetry/logs/index.ts',
    audit: 'src/trail/index.ts',
    policies: 'src/policies/index.ts',
    xstate: 'src/xstate/index.ts',
    testing: 'src/testing/index.ts',
    'testing/fast-check': 'src/testing/fast-check/index.ts',
    'testing/vitest': 'src/testing/vitest/index.ts',
    'testing/reporter': 'src/testing/reporter/index.ts',
    // No door: what `npx phasegate` runs.
    cli: 'src/cli/index.ts',
  },
  format: 'esm',
  target: 'node20',
  platform: 'node',
  splitting: true,
  clean: true,
  removeNodeProtocol: false,
  // tsup sets `baseUrl`, which TypeScript 6 calls deprecated.
  dts: { compilerOptions: { ignoreDeprecations: '6.0' } },
})
