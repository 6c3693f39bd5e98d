import { useState } from 'preact/hooks'
import { useAnswer } from './answer.ts'
import type { Deliveries as Told, Step } from './api.ts'
import type { Desk } from './desk.ts'
import { Mark } from './mark.tsx'
import { Fault, Search, Select, Text } from './parts.tsx'
import { Recipe } from './recipe.tsx'
import { hashOf, type Route } from './route.ts'
import { reasonText } from './sayings.ts'

const kinds = { yes: 'good', no: 'bad', unknown: 'unknown' } as const

/** Why a user got a message or did not; the question stands in the address. */
export function Deliveries({ desk, route }: { desk: Desk; route: Route }) {
  const { words } = desk
  const { query } = route
  const ready = query.has('user') && (query.has('version') || query.has('id'))
  const path = ready ? `/api/console/deliveries?${query}` : null
  const { value, fault, again } = useAnswer<Told>(desk.server, path)
  return (
    <>
      <p class="quiet">{words.deliveriesHint}</p>
      <Question key={query.toString()} desk={desk} query={query} same={again} />
      <Fault words={words} fault={fault} />
      {value !== null && <Steps desk={desk} told={value} />}
      {path !== null && <Recipe desk={desk} command={{ path }} />}
    </>
  )
}

function Question(props: { desk: Desk; query: URLSearchParams; same: () => void }) {
  const { desk, query, same } = props
  const { words, systems } = desk
  const [by, setBy] = useState<'version' | 'id'>(query.has('id') ? 'id' : 'version')
  const [asked, setAsked] = useState<Readonly<Record<string, string>>>(Object.fromEntries(query))
  const { user = '', channel = '', version = '', id = '' } = asked
  const system = asked['system'] ?? systems[0] ?? ''
  const put = (name: string) => (value: string) => setAsked({ ...asked, [name]: value.trim() })
  function ask(): void {
    const about = by === 'version' ? { channel, version } : { system, id }
    const next = hashOf('deliveries', '', { user, ...about })
    if (next === location.hash) same()
    else location.hash = next
  }
  return (
    <Search submit={ask} label={words.why}>
      <Text label={words.user} name="user" value={user} change={put('user')} required />
      <label>
        {words.message}
        <select
          value={by}
          onChange={({ currentTarget }) => setBy(currentTarget.value as 'version' | 'id')}
        >
          <option value="version">{words.byVersion}</option>
          <option value="id">{words.byId}</option>
        </select>
      </label>
      {by === 'version' ? (
        <>
          <Text
            {...{ label: words.channel, name: 'channel', value: channel, change: put('channel') }}
            hint="locallife/region:1"
            required
          />
          <Text
            {...{ label: words.version, name: 'version', value: version, change: put('version') }}
            required
            digits
          />
        </>
      ) : (
        <>
          <Select label={words.system} value={system} change={put('system')}>
            {systems}
          </Select>
          <Text
            {...{ label: words.messageId, name: 'id', value: id, change: put('id') }}
            required
            digits
          />
        </>
      )}
    </Search>
  )
}

function Steps({ desk, told }: { desk: Desk; told: Told }) {
  const { words, figures } = desk
  const { message, knownSince, steps } = told
  return (
    <>
      {message !== null && (
        <p>
          <strong>{message.type}</strong> ·{' '}
          <a href={hashOf('channels', message.channel)}>{message.channel}</a> v{message.version} ·{' '}
          {figures.moment(message.at)} · {words.id.toLowerCase()} {message.id}
        </p>
      )}
      <ol class="steps">
        {steps.map((step) => (
          <One key={step.step} desk={desk} step={step} />
        ))}
      </ol>
      <p class="quiet">{words.knownSince(figures.moment(knownSince))}</p>
    </>
  )
}

function One({ desk, step }: { desk: Desk; step: Step }) {
  const { words } = desk
  return (
    <li class={step.answer}>
      <strong>{words.steps[step.step]}</strong>{' '}
      <Mark kind={kinds[step.answer]}>{words.answers[step.answer]}</Mark>
      <div>{reasonText(words.sayings, step)}</div>
    </li>
  )
}
