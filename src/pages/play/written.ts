import { useMemo, useState } from 'preact/hooks'
import type { Written } from './editor.tsx'

/** What is written about a thing; of another thing it begins anew, before it is drawn. */
export function useWritten(about: string, begin: () => Written) {
  const initial = useMemo(begin, [about])
  const [kept, keep] = useState({ about, written: initial })
  const written = kept.about === about ? kept.written : initial
  return [written, (next: Written) => keep({ about, written: next })] as const
}
