import type { LiveConnection } from './connection.ts'

/** The connections in a few slices, so that one look at all of them is spread over a second. */
export interface Registry extends Iterable<LiveConnection> {
  readonly size: number
  add(connection: LiveConnection): void
  delete(connection: LiveConnection): void
  find(id: string): LiveConnection | undefined
  slice(index: number): Iterable<LiveConnection>
}

/** How many slices there are. */
export const slices = 10

/** An empty registry; a connection is in the slice of its serial. */
export function createRegistry(): Registry {
  const sets = Array.from({ length: slices }, () => new Map<number, LiveConnection>())
  const setOf = (serial: number) => sets[serial % slices] as Map<number, LiveConnection>
  return {
    get size() {
      return sets.reduce((sum, { size }) => sum + size, 0)
    },
    add: (connection) => void setOf(connection.serial).set(connection.serial, connection),
    delete: (connection) => void setOf(connection.serial).delete(connection.serial),
    find(id) {
      const serial = Number.parseInt(id, 36)
      const found = sets[serial % slices]?.get(serial)
      return found?.id === id ? found : undefined
    },
    slice: (index) => (sets[index % slices] as Map<number, LiveConnection>).values(),
    *[Symbol.iterator]() {
      for (const set of sets) yield* set.values()
    },
  }
}
