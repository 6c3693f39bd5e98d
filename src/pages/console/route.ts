import { useEffect, useState } from 'preact/hooks'
import { keep, readKept } from '../common/storage.ts'
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
function routeOf(hash: string): Route {
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
  const [hash, set] = useState(() => location.hash || (readKept('localStorage', kept) ?? ''))
  useEffect(() => {
    const moved = () => set(location.hash)
    addEventListener('hashchange', moved)
    return () => removeEventListener('hashchange', moved)
  }, [])
  const route = routeOf(hash)
  useEffect(() => keep('localStorage', kept, `#${route.view}`), [route.view])
  return route
}
