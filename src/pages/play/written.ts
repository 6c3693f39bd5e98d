import { useMemo, useState } from 'preact/hooks'
import type { Schema } from '../common/draft.ts'
import { pretty, textOf, type Written } from './editor.tsx'

/** What is written about a thing, by a schema; of another thing it begins anew, before it is drawn. So it does when `from`, what it begins with, is another, unless somebody has typed since. */
export function useWritten(about: string, schema: Schema, begin: () => Written, from = '') {
  const begun = useMemo(begin, [about, from])
  const [kept, keep] = useState({ about, written: begun, typed: false })
  const mine = kept.about === about ? kept : { written: begun, typed: false }
  const said = (one: Written) => pretty(textOf(schema, one))
  const written = mine.typed
    ? mine.written
    : { ...begun, raw: mine.written.raw === null ? null : said(begun) }
  function write(next: Written): void {
    // To look at it as a form or as text types nothing.
    const turned = (next.raw === null) !== (written.raw === null) && said(next) === said(written)
    keep({ about, written: next, typed: mine.typed || !(next === written || turned) })
  }
  return [written, write] as const
}
