/** Whom a notice is for: one user, or the riders on duty in a region, by number. */
export type Address =
  | { readonly kind: 'user'; readonly user: number }
  | { readonly kind: 'region'; readonly region: number }

const ridersPerRegion = 10
/** One notice in so many is for a region. */
const regionEvery = 20

/** Every other user is a rider, the others look after a merchant each. */
export function isRider(user: number): boolean {
  return user % 2 === 0
}

/** The region in which a rider is on duty. */
export function regionOf(rider: number): number {
  return Math.floor(rider / 2 / ridersPerRegion)
}

/** The users, of so many, that a notice reaches. */
export function readersOf(address: Address, users: number): readonly number[] {
  if (address.kind === 'user') return [address.user]
  const first = address.region * ridersPerRegion * 2
  const riders = Array.from({ length: ridersPerRegion }, (_, index) => first + 2 * index)
  return riders.filter((rider) => rider < users)
}

/** Whom notice number `index` is for when all users get about as many: most are for one, some for a region. */
export function anybody(index: number, users: number): Address {
  if (index % regionEvery === 0) {
    return { kind: 'region', region: (index / regionEvery) % (regionOf(users - 1) + 1) }
  }
  return { kind: 'user', user: (index - 1 - Math.floor(index / regionEvery)) % users }
}

/** As `anybody`, but every second notice is for one of the first `few` users. */
export function mostlyFew(index: number, users: number, few: number): Address {
  if (index % 2 === 0) return anybody(index / 2, users)
  return { kind: 'user', user: ((index - 1) / 2) % Math.min(few, users) }
}
