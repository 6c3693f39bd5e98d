import { useState } from 'preact/hooks'
import { emptyDraft, jsonOf, type Schema } from '../common/draft.ts'
import { firstOf } from '../common/first.ts'
import { formWords } from '../common/form-words.ts'
import { Field } from '../common/form.tsx'
import { publishBody } from '../common/publish-body.ts'
import type { Kind } from './api.ts'
import type { Desk } from './desk.ts'
import { Fault, Select, Text } from './parts.tsx'
import { Recipe, word } from './recipe.tsx'
import { troubleOf, type Trouble } from './trouble.ts'

const anything: Schema = {}

/** Tells a channel something, as a backend would: a form by the schema of the type, or JSON. */
export function Publish(props: { desk: Desk; channel: string; kind: Kind; done: () => void }) {
  const { desk, channel, kind, done } = props
  const { words, language } = desk
  const types = Object.keys(kind.events)
  const [type, setType] = useState(() => firstOf(types))
  const [raw, setRaw] = useState(false)
  const schema = raw ? anything : (kind.events[type] ?? anything)
  const [draft, setDraft] = useState(() => emptyDraft(schema))
  const [partner, setPartner] = useState('')
  const data = jsonOf(schema, draft) ?? '{}'
  const command = commandOf({ channel, type, data, ...(kind.externalUser && { partner }) })
  const { send, said } = useSending(desk, command.body, done)

  function choose(next: string): void {
    setType(next)
    setDraft(emptyDraft(raw ? anything : kind.events[next]!))
  }
  function turn(): void {
    setRaw(!raw)
    setDraft(raw ? emptyDraft(kind.events[type]!) : { kind: 'text', text: data })
  }
  return (
    <details class="publish">
      <summary>{words.publishIt}</summary>
      <form onSubmit={send}>
        <Select label={words.type} value={type} change={choose}>
          {types}
        </Select>
        {kind.externalUser && (
          <Text
            label={words.partnersUser}
            name="externalUserId"
            value={partner}
            change={setPartner}
            required
          />
        )}
        <Field
          key={`${type} ${raw}`}
          {...{ schema, draft }}
          name=""
          change={setDraft}
          required
          words={formWords[language]}
        />
        <div class="buttons">
          <button type="submit">{words.publish}</button>
          <button type="button" class="secondary" onClick={turn}>
            {raw ? words.asForm : words.asJson}
          </button>
        </div>
        {said}
        <Recipe desk={desk} command={command} open />
      </form>
    </details>
  )
}

/** What publishes, `data` being JSON as it was typed. */
function commandOf(props: {
  readonly channel: string
  readonly type: string
  readonly data: string
  readonly partner?: string
}) {
  const { channel, type, data, partner } = props
  const head = { channel, type, ...(partner !== undefined && { externalUserId: partner }) }
  const body = publishBody(head, data)
  const named = partner === undefined ? '' : ` --external-user-id ${word(partner)}`
  const cli = `publish ${word(channel)} ${type} ${word(data)}${named}`
  return { method: 'POST', path: '/api/publish', body, cli } as const
}

/** Sends a body when its form is sent, and says what came of it. */
function useSending(desk: Desk, body: string, done: () => void) {
  const [said, setSaid] = useState('')
  const [fault, setFault] = useState<Trouble | null>(null)
  function send(event: Event): void {
    event.preventDefault()
    setFault(null)
    setSaid('')
    desk.server.send<Published>('POST', '/api/publish', body).then(
      ({ id, version, recipients }) => {
        setSaid(desk.words.publishedAs(id, String(version), desk.figures.count(recipients)))
        done()
      },
      (error: unknown) => setFault(troubleOf(error)),
    )
  }
  return {
    send,
    said: (
      <>
        {said !== '' && <p role="status">{said}</p>}
        <Fault words={desk.words} fault={fault} />
      </>
    ),
  }
}

interface Published {
  readonly id: string
  readonly version: number
  readonly recipients: number
}
