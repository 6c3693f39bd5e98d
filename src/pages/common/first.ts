/** The type that a form to publish begins with: a notice where there is one, since others tell of what has happened; empty where there are none. */
export function firstOf(types: readonly string[]): string {
  return types.find((type) => /^notification$/i.test(type)) ?? types[0] ?? ''
}
