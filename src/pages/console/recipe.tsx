import { Copy } from '../common/copy.tsx'
import { shellQuoted } from '../common/shell.ts'
import type { Desk } from './desk.ts'

/** What a view asks or does, for a terminal. */
export interface Command {
  readonly method?: 'GET' | 'POST' | 'DELETE'
  /** From the root of the server. */
  readonly path: string
  /** JSON text. */
  readonly body?: string
  /** The words after `fanfare`; absent where no verb does it. */
  readonly cli?: string
}

/** The curl line of a command, and the line with `fanfare` that does the same, to be copied. */
export function Recipe({ desk, command, open }: { desk: Desk; command: Command; open?: boolean }) {
  const { words } = desk
  const { cli } = command
  const lines = [
    ['curl', curlOf(command)],
    ...(cli === undefined ? [] : [['CLI', `fanfare ${cli}`]]),
  ]
  return (
    <details class="recipe" open={open}>
      <summary>{words.asCommand}</summary>
      {lines.map(([name = '', line = '']) => (
        <div class="command" key={name}>
          <code>{line}</code>
          <Copy text={line} label={`${words.copy} ${name}`} done={words.copied} />
        </div>
      ))}
    </details>
  )
}

/** A text as one word of a shell: in single quotes unless every letter of it is harmless. */
export function word(text: string): string {
  return /^[\w./:@-]+$/.test(text) ? text : shellQuoted(text)
}

function curlOf({ method = 'GET', path, body }: Command): string {
  const given = body === undefined ? '' : ` -H 'Content-Type: application/json' -d ${word(body)}`
  const verb = method === 'GET' ? '' : ` -X ${method}`
  return `curl${verb} ${word(location.origin + path)} -H "Authorization: Bearer $FANFARE_SERVER_KEY"${given}`
}
