import { keep, readKept } from './storage.ts'

/** Languages of the pages. */
export type Language = 'en' | 'zh'

const kept = 'fanfare-language'

/** The language that was chosen before, else the browser's, else English. */
export function preferred(): Language {
  const chosen = readKept('localStorage', kept)
  if (chosen === 'en' || chosen === 'zh') return chosen
  return navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en'
}

/** Keeps a choice for all pages of this server. */
export function prefer(language: Language): void {
  keep('localStorage', kept, language)
}

/** The language that the button of a page changes to. */
export function otherThan(language: Language): Language {
  return language === 'en' ? 'zh' : 'en'
}

/** What each language calls itself. */
export const ownNames: Readonly<Record<Language, string>> = { en: 'English', zh: '中文' }
