import { useEffect, useRef, useState } from 'preact/hooks'
import type { Desk } from './desk.ts'
import { Fault } from './parts.tsx'
import { Recipe, type Command } from './recipe.tsx'
import { troubleOf, type Trouble } from './trouble.ts'

/** What is asked before something is done, and who hears that it was. */
interface Question {
  readonly desk: Desk
  readonly label: string
  readonly question: string
  readonly command: Command & { readonly method: 'POST' | 'DELETE' }
  readonly done: () => void
}

/** A button for what cannot be undone: it asks first, and shows the line for a terminal. */
export function Ask(props: Question) {
  const [open, setOpen] = useState(false)
  return (
    <>
      <button type="button" class="danger" onClick={() => setOpen(true)}>
        {props.label}
      </button>
      {open && <Asked {...props} close={() => setOpen(false)} />}
    </>
  )
}

function Asked({ desk, label, question, command, done, close }: Question & { close: () => void }) {
  const [fault, setFault] = useState<Trouble | null>(null)
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => dialog.current?.showModal(), [])
  function act(event: Event): void {
    event.preventDefault()
    desk.server.send(command.method, command.path, command.body).then(
      () => {
        close()
        done()
      },
      (error: unknown) => setFault(troubleOf(error)),
    )
  }
  return (
    <dialog ref={dialog} aria-label={label} onClose={close}>
      <form onSubmit={act}>
        <p>{question}</p>
        <Recipe desk={desk} command={command} open />
        <Fault words={desk.words} fault={fault} />
        <div class="buttons">
          <button type="button" class="secondary" autofocus onClick={() => dialog.current?.close()}>
            {desk.words.cancel}
          </button>
          <button type="submit" class="danger">
            {label}
          </button>
        </div>
      </form>
    </dialog>
  )
}
