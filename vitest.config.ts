import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const source = (path: string): string => fileURLToPath(new URL(`./src/${path}`, import.meta.url))

export default defineConfig({
  resolve: {
    alias: [
      { find: /^phasegate$/, replacement: source('index.ts') },
      { find: /^phasegate\/(file|postgres|redis)$/, replacement: source('adapters/$1/index.ts') },
      { find: /^phasegate\/(otel|logs)$/, replacement: source('telemetry/$1/index.ts') },
      { find: /^phasegate\/audit$/, replacement: source('trail/index.ts') },
      { find: /^phasegate\/(node|policies|testing|xstate)$/, replacement: source('$1/index.ts') },
      { find: /^phasegate\/testing\/(fast-check|vitest|reporter)$/, replacement: source('testing/$1/index.ts') },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/servers/setup.ts', 'test/processes/bundle.ts'],
    typecheck: { enabled: true, include: ['test/**/*.test-d.ts'], tsconfig: './tsconfig.json' },
    testTimeout: 30_000,
    // Many wait for processes and servers: more workers than processors.
    maxWorkers: availableParallelism() * 2,
  },
})
