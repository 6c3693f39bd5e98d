import { otherThan, ownNames, prefer, preferred, type Language } from '../common/preferred.ts'

/** The server has written the page in both languages, and the style hides one: a browser without scripts shows English. */
const button = document.querySelector<HTMLButtonElement>('button.language')!

function show(language: Language): void {
  const other = otherThan(language)
  document.documentElement.lang = language
  button.lang = other
  button.textContent = ownNames[other]
}

button.addEventListener('click', () => {
  const chosen = button.lang as Language
  prefer(chosen)
  show(chosen)
})
show(preferred())
button.hidden = false
