import { isPlainObject, messageOf, refuse } from '../base/index.ts'
import type { StandardSchemaV1 } from './standard-schema.ts'

// Which values of an input must not be stored in clear. A schema says so with `sensitive: true` in its metadata, which
// reaches us as JSON Schema (Standard JSON Schema, standardschema.dev); a list of paths is turned into the same.

type Node = Readonly<Record<string, unknown>>

/** A schema, and the document in which its references are looked up. */
interface Place {
  readonly node: Node
  readonly root: Node
}

/** The sensitive values of an input: where they are, and their paths, for people and for fingerprints. */
export interface Sensitive {
  readonly roots: readonly Node[]
  readonly paths: readonly string[]
}

/** What a flip's schema and its author mark; undefined when that is nothing. */
export function sensitiveIn(schema: StandardSchemaV1, listed: unknown, option: string): Sensitive | undefined {
  const roots = [...described(schema, listed !== undefined, option), ...parsePaths(listed, `${option}.sensitive`)]
  const paths = new Set<string>()
  collect(placesOf(roots), '', [], paths)
  return paths.size === 0 ? undefined : Object.freeze({ roots, paths: Object.freeze([...paths].sort()) })
}

/** The value with everything sensitive in it changed; the rest is shared with the original. */
export function changeSensitive({ roots }: Sensitive, value: unknown, change: (value: unknown) => unknown): unknown {
  return walk(placesOf(roots), value, change)
}

function walk(places: readonly Place[], value: unknown, change: (value: unknown) => unknown): unknown {
  if (places.length === 0 || value === undefined) return value
  if (places.some(isMarked)) return change(value)
  if (Array.isArray(value)) return value.map((item, index) => walk(below(places, index), item, change))
  if (!isPlainObject(value)) return value
  const members = Object.entries(value).map(([key, member]) => [key, walk(below(places, key), member, change)] as const)
  return Object.fromEntries(members)
}

/** What a schema tells of its input and of its output: a mark may stand on either side of a transformation. */
function described(schema: StandardSchemaV1, isListed: boolean, option: string): readonly Node[] {
  const { jsonSchema } = schema['~standard']
  if (jsonSchema === undefined) return []
  const options = { target: 'draft-2020-12', libraryOptions: { unrepresentable: 'any' } } as const
  try {
    return [jsonSchema.input(options), jsonSchema.output(options)].flatMap(nodesIn)
  } catch (error) {
    if (isListed) return []
    const why = `it cannot say what it marks as sensitive (${messageOf(error)})`
    return refuse(option, schema, `given with a list { sensitive: […] }, which may be empty: ${why}`)
  }
}

/** `card.number`, `people.*.name`: `*` is every item of a list and every member of an object. */
function parsePaths(listed: unknown, option: string): readonly Node[] {
  if (listed === undefined) return []
  if (!Array.isArray(listed)) return refuse(option, listed, 'a list of paths')
  return listed.map((path: unknown) => {
    if (typeof path !== 'string' || !/^[^.]+(?:\.[^.]+)*$/.test(path)) {
      return refuse(option, path, 'a list of paths such as "card.number" or "people.*.name"')
    }
    return path.split('.').reduceRight<Node>(around, { sensitive: true })
  })
}

function around(inner: Node, name: string): Node {
  return name === '*' ? { items: inner, additionalProperties: inner } : { properties: { [name]: inner } }
}

function placesOf(roots: readonly Node[]): readonly Place[] {
  return roots.flatMap((root) => alternatives({ node: root, root }, []))
}

/** A schema and all that it refers to or is put together from: a value may be any of them. */
function alternatives(place: Place, seen: Node[]): readonly Place[] {
  const { node, root } = place
  if (seen.includes(node)) return []
  seen.push(node)
  const more = ['anyOf', 'oneOf', 'allOf', 'then', 'else'].flatMap((keyword) => nodesIn(node[keyword]))
  if (typeof node.$ref === 'string') more.push(...nodesIn(referred(root, node.$ref)))
  return [place, ...more.flatMap((other) => alternatives({ node: other, root }, seen))]
}

function below(places: readonly Place[], key: string | number): readonly Place[] {
  return places.flatMap(({ node, root }) =>
    children(node, key).flatMap((child) => alternatives({ node: child, root }, [])),
  )
}

function children(node: Node, key: string | number): readonly Node[] {
  if (typeof key === 'number') {
    const first: unknown = Array.isArray(node.prefixItems) ? node.prefixItems[key] : undefined
    return nodesIn(first ?? node.items)
  }
  const { properties } = node
  if (isPlainObject(properties) && Object.hasOwn(properties, key)) return nodesIn(properties[key])
  return [...nodesIn(node.additionalProperties), ...nodesIn(Object.values(asNode(node.patternProperties)))]
}

/** The paths to what is marked. Where a schema contains itself, the path ends at the second time. */
function collect(places: readonly Place[], path: string, above: readonly Node[], found: Set<string>): void {
  if (places.some(isMarked)) {
    found.add(path === '' ? '(all of it)' : path)
    return
  }
  for (const { node, root } of places) {
    if (above.includes(node)) continue
    const inside = [...above, node]
    for (const [name, child] of membersOf(node)) {
      const next = path === '' ? name : `${path}.${name}`
      collect(alternatives({ node: child, root }, []), next, inside, found)
    }
  }
}

function membersOf(node: Node): readonly (readonly [string, Node])[] {
  const named = Object.entries(asNode(node.properties)).flatMap(([name, child]) =>
    nodesIn(child).map((each) => [name, each] as const),
  )
  const others = [
    node.items,
    node.prefixItems,
    node.additionalProperties,
    Object.values(asNode(node.patternProperties)),
  ]
  return [...named, ...others.flatMap(nodesIn).map((child) => ['*', child] as const)]
}

/** `#` and `#/$defs/name`; another document is none that we could look into. */
function referred(root: Node, ref: string): unknown {
  if (!ref.startsWith('#')) return undefined
  const names = ref.split('/').slice(1)
  return names.reduce<unknown>((node, name) => asNode(node)[decoded(name)], root)
}

function decoded(name: string): string {
  return decodeURIComponent(name).replaceAll('~1', '/').replaceAll('~0', '~')
}

function isMarked({ node }: Place): boolean {
  return node.sensitive === true
}

function nodesIn(value: unknown): Node[] {
  return (Array.isArray(value) ? value : [value]).filter(isPlainObject)
}

function asNode(value: unknown): Node {
  return isPlainObject(value) ? value : {}
}
