/** Where a browser keeps texts: for good, or as long as the tab is open. */
type Where = 'localStorage' | 'sessionStorage'

/** What is kept under a name; null where there is nothing, or the browser keeps nothing. */
export function readKept(where: Where, name: string): string | null {
  try {
    return globalThis[where].getItem(name)
  } catch {
    return null
  }
}

/** Keeps a text under a name, where the browser lets it: else it lasts as long as the page. Null forgets what was kept. */
export function keep(where: Where, name: string, text: string | null): void {
  try {
    if (text === null) globalThis[where].removeItem(name)
    else globalThis[where].setItem(name, text)
  } catch {
    // A saved copy of a page may have no storage, and a browser may refuse it.
  }
}
