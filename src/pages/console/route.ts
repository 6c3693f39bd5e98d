import { useEffect, useState } from 'preact/hooks'
import { views, type View } from './views.ts'

/** Where somebody is: a view, what of it, and what was asked for. */
export interface Route {
  readonly view: View
  /** Such as the id of a connection or the name of a channel; empty: all. */
  readonly rest: string
  readonly query: URLSearchParams
}

const kept = 'fanfare-console-view'

/** A fragment as a place; what is no view is the overview. */
export function routeOf(hash: string): Route {
  const [, name = '', rest = '', query = ''] = /^#?(\w*)(?:\/([^?]*))?(?:\?(.*))?$/.exec(hash) ?? []
  const view = views.find((one) => one === name) ?? 'overview'
  return { view, rest: decoded(rest), query: new URLSearchParams(query) }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** The fragment of a place. */
export function hashOf(
  view: View,
  rest = '',
  query: Readonly<Record<string, string>> = {},
): string {
  const asked = new URLSearchParams(query).toString()
  const path = rest === '' ? '' : `/${encodeURI(rest)}`
  return `#${view}${path}${asked === '' ? '' : `?${asked}`}`
}

/** Where somebody is; without a fragment where they were last. */
export function useRoute(): Route {
  const [hash, set] = useState(() => location.hash || remembered())
  useEffect(() => {
    const moved = () => set(location.hash)
    addEventListener('hashchange', moved)
    return () => removeEventListener('hashchange', moved)
  }, [])
  const route = routeOf(hash)
  useEffect(() => {
    try {
      localStorage.setItem(kept, `#${route.view}`)
    } catch {
      // Then it is the overview the next time.
    }
  }, [route.view])
  return route
}

function remembered(): string {
  try {
    return localStorage.getItem(kept) ?? ''
  } catch {
    return ''
  }
}
