import { useEffect, useRef, useState } from 'preact/hooks'
import type { Desk } from './desk.ts'
import { Recipe, type Command } from './recipe.tsx'
import { faultText } from './server.ts'

/** A button for what cannot be undone: it asks first, and shows the line for a terminal. */
export function Ask(props: {
  desk: Desk
  label: string
  question: string
  command: Command & { readonly method: 'POST' | 'DELETE' }
  done: () => void
}) {
  const { desk, label, question, command, done } = props
  const { words } = desk
  const [open, setOpen] = useState(false)
  const [fault, setFault] = useState('')
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    if (open) dialog.current?.showModal()
  }, [open])
  function act(event: Event): void {
    event.preventDefault()
    desk.server.send(command.method, command.path, command.body).then(
      () => {
        setOpen(false)
        done()
      },
      (error: unknown) => setFault(faultText(error)),
    )
  }
  return (
    <>
      <button
        type="button"
        class="danger"
        onClick={() => {
          setFault('')
          setOpen(true)
        }}
      >
        {label}
      </button>
      {open && (
        <dialog ref={dialog} aria-label={label} onClose={() => setOpen(false)}>
          <form onSubmit={act}>
            <p>{question}</p>
            <Recipe desk={desk} command={command} open />
            {fault !== '' && (
              <p class="fault" role="alert">
                {fault}
              </p>
            )}
            <div class="buttons">
              <button
                type="button"
                class="secondary"
                autofocus
                onClick={() => dialog.current?.close()}
              >
                {words.cancel}
              </button>
              <button type="submit" class="danger">
                {label}
              </button>
            </div>
          </form>
        </dialog>
      )}
    </>
  )
}
