import { join } from 'node:path'
import { build } from 'tsup'

const ROOT = join(import.meta.dirname, '../..')

/** Makes one file of JavaScript of each program, called `<name>.js`, in `folder`, which must be below the root. */
export async function pack(programs: Readonly<Record<string, string>>, folder: string): Promise<void> {
  await build({
    config: false,
    entry: Object.fromEntries(Object.entries(programs).map(([name, path]) => [name, join(ROOT, path)])),
    tsconfig: join(ROOT, 'tsconfig.json'),
    format: 'esm',
    target: 'node20',
    platform: 'node',
    splitting: true,
    outDir: folder,
    silent: true,
    // What is in src/ is part of the program; packages are found from where the bundle stands.
    noExternal: [/^phasegate/],
    external: ['ioredis', 'pg', 'ws', 'fastify', /^@opentelemetry/],
  })
}
