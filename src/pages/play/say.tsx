import { useEffect, useState } from 'preact/hooks'
import type { Draft } from '../common/draft.ts'
import type { Language } from '../common/language.tsx'
import { draftOf, isObject, valueOf } from '../common/prefill.ts'
import { Select, Text } from './choices.tsx'
import { wscat } from './code.ts'
import type { Desk, Scene } from './desk.ts'
import { Editor, textOf, type Written } from './editor.tsx'
import type { Log } from './frames.ts'
import { Line } from './line.tsx'
import { Prose } from './prose.tsx'
import { freshId, hinted, type Command, type Wire } from './wire.ts'
import type { Words } from './words.ts'
import { useWritten } from './written.ts'

/** What the part that says commands works with; `composed` hears of every change of the frame. */
interface SayProps {
  readonly desk: Desk
  readonly scene: Scene
  readonly frame: string
  readonly composed: (frame: string) => void
  readonly words: Words
  readonly language: Language
}

/** Any command of the system, filled in and sent. */
export function Say({ desk, scene, frame, composed, words, language }: SayProps) {
  const { wire, session } = scene
  const [chosen, choose] = useState(0)
  const [example, setExample] = useState(0)
  const command = wire.commands[chosen]!
  const notice = useNotice(desk.log)
  const hints = notice === '' ? session.hints : { ...session.hints, message_id: notice }
  const begin = () => begun(command, example, hints)
  const [written, write] = useWritten(`${chosen}/${example}`, command.schema, begin, notice)
  const text = command.bare ? (written.raw ?? '') : textOf(command.schema, written)
  useEffect(() => composed(text), [text])
  function submit(event: Event): void {
    event.preventDefault()
    if (desk.say(text)) write(renewed(command, written))
  }
  return (
    <form class="card" onSubmit={submit}>
      <h2>{words.say}</h2>
      <Pick
        {...{ wire, chosen, example, words }}
        pick={(at, of) => {
          choose(at)
          setExample(of)
        }}
      />
      <Prose text={command.summary} />
      {command.bare ? (
        <Text
          label={words.text}
          name="text"
          value={text}
          change={(raw) => write({ ...written, raw })}
        />
      ) : (
        <Editor
          key={`${chosen}/${example}`}
          {...{ written, words, language }}
          schema={command.schema}
          label={command.name}
          change={write}
        />
      )}
      <button type="submit" disabled={desk.standing !== 'open'}>
        {words.send}
      </button>
      <Line
        label={words.shell}
        words={words}
        text={wscat({ origin: location.origin, session, frame })}
      />
    </form>
  )
}

function Pick(props: {
  readonly wire: Wire
  readonly chosen: number
  readonly example: number
  readonly pick: (command: number, example: number) => void
  readonly words: Words
}) {
  const { wire, chosen, example, pick, words } = props
  const numbered = (texts: readonly string[]) =>
    texts.map((text, at) => ({ value: String(at), text }))
  const examples = wire.commands[chosen]!.examples.map((_, at) => String(at + 1))
  return (
    <div class="row">
      <Select
        label={words.command}
        name="command"
        options={numbered(wire.commands.map(({ name }) => name))}
        value={String(chosen)}
        change={(at) => pick(Number(at), 0)}
      />
      {examples.length > 1 && (
        <Select
          label={words.example}
          name="example"
          options={numbered(examples)}
          value={String(example)}
          change={(at) => pick(chosen, Number(at))}
        />
      )}
    </div>
  )
}

const nothing: Draft = { kind: 'text', text: '' }

function begun(
  command: Command,
  example: number,
  hints: Readonly<Record<string, string>>,
): Written {
  const { bare, correlation, examples, schema } = command
  const payload = examples[example]
  if (bare) return { draft: nothing, raw: String(payload ?? '') }
  const value = hinted(payload ?? {}, hints)
  const fresh =
    correlation !== null && isObject(value) ? { ...value, [correlation]: freshId() } : value
  return { draft: draftOf(schema, fresh), raw: null }
}

/** What was sent, to be sent again: its id must be another one, or it would be taken for a repeat. */
function renewed({ correlation, schema }: Command, written: Written): Written {
  if (correlation === null) return written
  const id = freshId()
  const { draft, raw } = written
  if (raw === null) {
    if (draft.kind !== 'object') return written
    const members = { ...draft.members, [correlation]: { kind: 'text' as const, text: id } }
    return { draft: { ...draft, members }, raw }
  }
  const value = valueOf(raw)
  if (!isObject(value)) return written
  const next = { ...value, [correlation]: id }
  return { draft: draftOf(schema, next), raw: JSON.stringify(next, null, 2) }
}

/** The id of the newest notice that was heard, for it to be acknowledged; empty before there is one. */
function useNotice(log: Log): string {
  const [id, setId] = useState(() => noticeIn(log) ?? '')
  useEffect(() => {
    // A list that was cleared takes no id away.
    const look = () => setId((last) => noticeIn(log) ?? last)
    look()
    return log.kept.listen(look)
  }, [log])
  return id
}

function noticeIn({ frames }: Log): string | undefined {
  for (const { direction, text } of frames) {
    const [, id] = (direction === 'in' && /"message_id":"([^"]{1,64})"/.exec(text)) || []
    if (id !== undefined) return id
  }
  return undefined
}
