import type { Desk } from './desk.ts'
import { Ask } from './dialog.tsx'
import { word } from './recipe.tsx'

/** The button that ends every connection of a user, after a question. */
export function EndAll(props: { desk: Desk; system: string; user: string; done: () => void }) {
  const { desk, system, user, done } = props
  const { words } = desk
  const whole = `${system}/${user}`
  return (
    <Ask
      desk={desk}
      label={words.endAll}
      question={words.endAllSure(whole)}
      command={{
        method: 'DELETE',
        path: `/api/users/${system}/${encodeURIComponent(user)}/connections`,
        cli: `end --user ${word(whole)}`,
      }}
      done={done}
    />
  )
}
