/** A set that is small while it has few members: most channels have one, and there are many channels. */
export interface Members<T> extends Iterable<T> {
  readonly size: number
  has(member: T): boolean
  add(member: T): void
  delete(member: T): void
}

/** From here on a look through all members costs more than a Set does. */
const few = 8

/** A set without a member yet. */
export function createMembers<T>(): Members<T> {
  return new SmallSet<T>()
}

/** A class, because closures per channel would cost more than the Set that is saved. */
class SmallSet<T> implements Members<T> {
  private held: T[] | Set<T> = []

  get size(): number {
    return Array.isArray(this.held) ? this.held.length : this.held.size
  }

  has(member: T): boolean {
    return Array.isArray(this.held) ? this.held.includes(member) : this.held.has(member)
  }

  add(member: T): void {
    if (!Array.isArray(this.held)) return void this.held.add(member)
    if (this.held.includes(member)) return
    this.held.push(member)
    if (this.held.length > few) this.held = new Set(this.held)
  }

  delete(member: T): void {
    if (!Array.isArray(this.held)) return void this.held.delete(member)
    const place = this.held.indexOf(member)
    if (place >= 0) this.held.splice(place, 1)
  }

  [Symbol.iterator](): Iterator<T> {
    return this.held.values()
  }
}
