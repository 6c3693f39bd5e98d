import { useState } from 'preact/hooks'
import { firstOf } from '../common/first.ts'
import type { Language } from '../common/language.tsx'
import { draftOf, whole } from '../common/prefill.ts'
import { publishBody } from '../common/publish-body.ts'
import type { Kind } from '../console/api.ts'
import type { Action } from './api.ts'
import { plain, Select, Text } from './choices.tsx'
import { curl } from './code.ts'
import type { Scene } from './desk.ts'
import { Editor, textOf } from './editor.tsx'
import { Line } from './line.tsx'
import { send, unreachable, type Order } from './server.ts'
import { freshId, hinted } from './wire.ts'
import type { Words } from './words.ts'
import { useWritten } from './written.ts'

interface BackendProps {
  readonly scene: Scene
  readonly words: Words
  readonly language: Language
}

/** What a backend or another user does, so that something is heard. */
export function Backend(props: BackendProps) {
  const { scene, words } = props
  const { actions, channels } = scene.session
  const [answer, setAnswer] = useState('')
  const publishes = channels.length > 0 && scene.kinds.length > 0
  return (
    <section class="card backend">
      <h2>{words.backend}</h2>
      {actions.map((action) => (
        <Deed key={action.path} {...{ action, words }} told={setAnswer} />
      ))}
      {publishes && <Publish {...props} told={setAnswer} />}
      {!publishes && actions.length === 0 && <p class="hint">{words.byItself}</p>}
      <p role="status" class="answer">
        {answer !== '' && (
          <>
            {words.answer} <code>{answer === unreachable ? words.unreachable : answer}</code>
          </>
        )}
      </p>
    </section>
  )
}

type Told = (answer: string) => void

/** One request that is ready to be made. */
function Deed({ action, words, told }: { action: Action; words: Words; told: Told }) {
  const [id, setId] = useState(freshId)
  const { fresh, body } = action
  const order = {
    ...action,
    body: JSON.stringify(fresh === null ? body : { ...body, [fresh]: id }),
  }
  async function act(): Promise<void> {
    setId(freshId())
    told(await send(order))
  }
  return (
    <div class="deed">
      <button type="button" name={action.name} onClick={() => void act()}>
        {words.actions[action.name]}
      </button>
      <Line label={words.shell} words={words} text={curl(location.origin, order)} />
    </div>
  )
}

/** The kind of a channel's full name: `family` of `jive/family:f1`. */
function kindOf(kinds: readonly Kind[], channel: string): Kind | undefined {
  const name = channel.slice(channel.indexOf('/') + 1)
  return kinds.find(({ kind }) => kind === name || name.startsWith(`${kind}:`))
}

/** A publish of any type to any channel that exists. */
function Publish({ scene, words, language, told }: BackendProps & { readonly told: Told }) {
  const { session, kinds, wire } = scene
  const [channel, setChannel] = useState(session.channels[0] ?? '')
  const kind = kindOf(kinds, channel) ?? kinds[0]!
  const types = Object.keys(kind.events)
  const [wished, setType] = useState(firstOf(types))
  const type = types.includes(wished) ? wished : firstOf(types)
  const schema = whole(kind.events[type] ?? {}, {})
  const [about, setAbout] = useState(session.externalUserId ?? '')
  const [written, write] = useWritten(type, schema, () => ({
    draft: draftOf(schema, hinted(wire.samples[type], session.hints)),
    raw: null,
  }))
  const head = { channel, type, ...(kind.externalUser && { externalUserId: about }) }
  const order = orderOf(session.key, head, textOf(schema, written))
  async function submit(event: Event): Promise<void> {
    event.preventDefault()
    told(await send(order))
  }
  return (
    <form onSubmit={(event) => void submit(event)}>
      <h3>{words.publishTitle}</h3>
      <div class="row">
        <Text
          label={words.channel}
          name="channel"
          value={channel}
          change={setChannel}
          known={session.channels}
        />
        <Select
          label={words.type}
          name="type"
          options={plain(types)}
          value={type}
          change={setType}
        />
      </div>
      {kind.externalUser && (
        <Text label={words.about} name="about" value={about} change={setAbout} />
      )}
      <Editor
        key={type}
        {...{ schema, written, words, language }}
        label={words.data}
        change={write}
      />
      <button type="submit">{words.publish}</button>
      <Line label={words.shell} words={words} text={curl(location.origin, order)} />
    </form>
  )
}

/** The request that publishes. */
function orderOf(bearer: string, head: object, data: string): Order {
  return { method: 'POST', path: '/api/publish', bearer, body: publishBody(head, data) }
}
