/** The newest of many things, oldest first. */
export interface Ring<Item> extends Iterable<Item> {
  /** How many were ever put in. */
  readonly total: number
  push(item: Item): void
}

/** An empty ring that keeps `most` items. */
export function createRing<Item>(most: number): Ring<Item> {
  const items: Item[] = []
  let total = 0
  return {
    get total() {
      return total
    },
    push(item) {
      items[total++ % most] = item
    },
    *[Symbol.iterator]() {
      const first = total > most ? total % most : 0
      for (let at = 0; at < items.length; at++) yield items[(first + at) % most] as Item
    },
  }
}
