import { useEffect, useState } from 'preact/hooks'
import { useAnswer } from './answer.ts'
import type { Channels, History, Kinds } from './api.ts'
import type { Desk } from './desk.ts'
import { newestVersion } from './newest.ts'
import { Fault, Search, Text } from './parts.tsx'
import { Publish } from './publish.tsx'
import { Recipe, word } from './recipe.tsx'
import { hashOf } from './route.ts'
import { troubleOf, type Trouble } from './trouble.ts'
import { Table } from './table.tsx'

const page = 50

/** One channel: who listens, what it recorded, and a form to tell it something. */
export function ChannelView({ desk, name }: { desk: Desk; name: string }) {
  const { words, figures } = desk
  const [published, setPublished] = useState(0)
  const { value: channels } = useAnswer<Channels>(desk.server, '/api/channels', 5_000)
  const { value: kinds } = useAnswer<Kinds>(desk.server, '/api/console/kinds')
  const [system, rest = ''] = split(name, '/')
  const [kindName] = split(rest, ':')
  const kind = kinds?.kinds.find((one) => one.system === system && one.kind === kindName)
  const listeners = channels?.channels.find(({ channel }) => channel === name)?.listeners ?? 0
  return (
    <>
      <p>
        <a href={hashOf('channels')}>← {words.channels}</a>
      </p>
      <h2>{name}</h2>
      <p>
        {channels !== null && `${words.listenersAre(figures.count(listeners))} · `}
        <a href={hashOf('live', '', { channel: name })}>{words.followIt}</a>
      </p>
      {kind?.publish === true && desk.may('publish') && (
        <Publish
          desk={desk}
          channel={name}
          kind={kind}
          done={() => setPublished((count) => count + 1)}
        />
      )}
      <h3>{words.history}</h3>
      <Past desk={desk} name={name} published={published} />
    </>
  )
}

function Past({ desk, name, published }: { desk: Desk; name: string; published: number }) {
  const { words } = desk
  const [after, setAfter] = useState<number | null>(null)
  const [typed, setTyped] = useState('')
  const [lost, setLost] = useState<Trouble | null>(null)
  const { server } = desk
  const path = pathOf(name)
  const asked = after === null ? null : `${path}?after=${after}&limit=${page}`
  const { value, fault, again } = useAnswer<History>(server, asked)

  function show(from: number): void {
    setLost(null)
    setAfter(Math.max(0, from))
  }
  function newest(): void {
    newestVersion(server, path, after ?? 0).then(
      (version) => {
        show(version - page)
        again()
      },
      (error: unknown) => setLost(troubleOf(error)),
    )
  }
  useEffect(newest, [server, path, published])
  const cli = `history ${word(name)} --after ${after} --limit ${page}`
  const last = value?.messages.at(-1)?.version
  return (
    <>
      <Search submit={() => show(Number(typed) - 1)} label={words.show}>
        <Text label={words.fromVersion} name="version" value={typed} change={setTyped} digits />
        <button
          type="button"
          class="secondary"
          disabled={(after ?? 0) === 0}
          onClick={() => show((after ?? 0) - page)}
        >
          {words.older}
        </button>
        <button
          type="button"
          class="secondary"
          disabled={value?.more !== true}
          onClick={() => last !== undefined && show(last)}
        >
          {words.newer}
        </button>
        <button type="button" class="secondary" onClick={newest}>
          {words.newest}
        </button>
      </Search>
      <Fault words={words} fault={lost ?? fault} />
      {value?.messages.length === 0 && <p class="quiet">{words.noHistory}</p>}
      {value !== null && value.messages.length > 0 && (
        <Messages desk={desk} name={name} told={value} />
      )}
      {asked !== null && <Recipe desk={desk} command={{ path: asked, cli }} />}
    </>
  )
}

function Messages({ desk, name, told }: { desk: Desk; name: string; told: History }) {
  const { words, figures } = desk
  const heads = [words.version, words.at, words.type, words.content, '']
  return (
    <Table label={words.history} heads={heads}>
      {told.messages.toReversed().map(({ version, at, type, data }) => (
        <tr key={version}>
          <td class="number">{version}</td>
          <td class="number" title={figures.moment(at)}>
            {figures.time(at, true)}
          </td>
          <td>{type}</td>
          <td class="wide">
            <code>{JSON.stringify(data)}</code>
          </td>
          <td>
            <a href={hashOf('deliveries', '', { channel: name, version: String(version) })}>
              {words.whoGotIt}
            </a>
          </td>
        </tr>
      ))}
    </Table>
  )
}

function pathOf(name: string): string {
  const [system, rest = ''] = split(name, '/')
  return `/api/channels/${encodeURIComponent(system)}/${encodeURIComponent(rest)}/history`
}

function split(text: string, at: string): readonly [string, string?] {
  const place = text.indexOf(at)
  return place < 0 ? [text] : [text.slice(0, place), text.slice(place + 1)]
}
