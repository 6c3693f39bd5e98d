import * as v from 'valibot'
import type { Traits } from './kinds.ts'
import { schema } from './schema.ts'

/** One setting of the schema. */
export interface Key extends Traits {
  /** `limits.max_frame` */
  readonly path: string
  /** As it would be written in the file; undefined when the key may be left out. */
  readonly fallback: unknown
  readonly description: string
}

type Node = v.GenericSchema & { readonly entries?: Readonly<Record<string, v.GenericSchema>> }

function walk(node: Node, path: string): Key[] {
  if (node.entries === undefined) {
    return [
      {
        ...(v.getMetadata(node) as unknown as Traits),
        path,
        fallback: v.getDefault(node as never),
        description: v.getDescription(node) ?? '',
      },
    ]
  }
  return Object.entries(node.entries).flatMap(([name, entry]) =>
    walk(entry as Node, path === '' ? name : `${path}.${name}`),
  )
}

/** Every setting, in the order of the schema. */
export const keys: readonly Key[] = walk(schema, '')

/** Every setting by its path. */
export const keyByPath: ReadonlyMap<string, Key> = new Map(keys.map((key) => [key.path, key]))

/** Every table that holds settings, by its path: `limits`, `auth.jive`. */
export const tables: ReadonlySet<string> = new Set(
  keys.flatMap(({ path }) => {
    const parts = path.split('.')
    return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('.'))
  }),
)

/** Puts a value at its path into nested tables; undefined only makes the tables on the way. */
export function place(tree: Record<string, unknown>, path: string, value: unknown): void {
  const parts = path.split('.')
  const name = parts.pop()!
  let table = tree
  for (const part of parts) table = (table[part] ??= {}) as Record<string, unknown>
  if (value !== undefined) table[name] = value
}

/** `limits.max_frame` → `FANFARE_LIMITS_MAX_FRAME` */
export function variableOf(path: string): string {
  return `FANFARE_${path.toUpperCase().replaceAll('.', '_')}`
}

/** `limits.max_frame` → `--limits-max-frame` */
export function flagOf(path: string): string {
  return `--${path.replaceAll(/[._]/g, '-')}`
}
