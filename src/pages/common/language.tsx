import { useState } from 'preact/hooks'
import { otherThan, ownNames, prefer, preferred, type Language } from './preferred.ts'

export type { Language }

/** The words of a page in the language of whoever looks, and the button that changes it. */
export function useWords<Words>(table: Readonly<Record<Language, Words>>) {
  const [language, change] = useState(preferred)
  document.documentElement.lang = language
  const other = otherThan(language)
  function choose(): void {
    prefer(other)
    change(other)
  }
  const button = (
    <button type="button" class="language" lang={other} onClick={choose}>
      {ownNames[other]}
    </button>
  )
  return { words: table[language], language, button }
}
