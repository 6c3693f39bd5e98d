import { useState } from 'preact/hooks'
import { keep, readKept } from './storage.ts'

/** Languages of the pages. */
export type Language = 'en' | 'zh'

const kept = 'fanfare-language'

/** The language that was chosen before, else the browser's, else English. */
function preferred(): Language {
  const chosen = readKept('localStorage', kept)
  if (chosen === 'en' || chosen === 'zh') return chosen
  return navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en'
}

/** The words of a page in the language of whoever looks, and the button that changes it. */
export function useWords<Words>(table: Readonly<Record<Language, Words>>) {
  const [language, change] = useState(preferred)
  document.documentElement.lang = language
  const other: Language = language === 'en' ? 'zh' : 'en'
  function choose(): void {
    keep('localStorage', kept, other)
    change(other)
  }
  const button = (
    <button type="button" class="language" lang={other} onClick={choose}>
      {other === 'zh' ? '中文' : 'English'}
    </button>
  )
  return { words: table[language], language, button }
}
