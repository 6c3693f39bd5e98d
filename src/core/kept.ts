/** What `make` makes when it is first asked for, and then keeps; a failure is not kept. */
export function kept<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | null = null
  return () =>
    (made ??= make().catch((error: unknown) => {
      made = null
      throw error
    }))
}
