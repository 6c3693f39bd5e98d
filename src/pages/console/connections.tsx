import { useState } from 'preact/hooks'
import { machineClock } from '../../client/clock.ts'
import { useAnswer } from './answer.ts'
import type { Connections as Told } from './api.ts'
import { ConnectionView } from './connection.tsx'
import type { Desk } from './desk.ts'
import { EndAll } from './end-all.tsx'
import { Fault, Search, Select, Text } from './parts.tsx'
import { Recipe } from './recipe.tsx'
import { hashOf, type Route } from './route.ts'
import { Table } from './table.tsx'

const everyMs = 5_000

/** Who is connected; one connection where the address names it. */
export function Connections({ desk, route }: { desk: Desk; route: Route }) {
  if (route.rest !== '') return <ConnectionView key={route.rest} desk={desk} id={route.rest} />
  return <All desk={desk} asked={route.query} />
}

function All({ desk, asked }: { desk: Desk; asked: URLSearchParams }) {
  const { words, figures, systems } = desk
  const [system, setSystem] = useState(asked.get('system') ?? '')
  const [typed, setTyped] = useState(asked.get('user') ?? '')
  const [user, setUser] = useState(typed)
  const query = new URLSearchParams({
    ...(system !== '' && { system }),
    ...(user !== '' && { user }),
  })
  const path = `/api/connections${query.size > 0 ? `?${query}` : ''}`
  const { value, fault, again } = useAnswer<Told>(desk.server, path, everyMs)
  return (
    <>
      <Search submit={() => (user === typed ? again() : setUser(typed.trim()))} label={words.find}>
        <Select label={words.system} value={system} change={setSystem} none={words.all}>
          {systems}
        </Select>
        <Text label={words.user} name="user" value={typed} change={setTyped} />
      </Search>
      <Fault words={words} fault={fault} />
      {value !== null && <List desk={desk} told={value} />}
      {desk.may('admin') && system !== '' && user !== '' && value?.connections.length !== 0 && (
        <EndAll {...{ desk, system, user }} done={again} />
      )}
      {value !== null && (
        <p class="quiet">
          {words.shownOf(figures.count(value.connections.length), figures.count(value.total))}
        </p>
      )}
      <Recipe desk={desk} command={{ path }} />
    </>
  )
}

function List({ desk, told }: { desk: Desk; told: Told }) {
  const { words, figures } = desk
  const heads = [words.id, words.system, words.user, words.address, words.since, words.channels]
  if (told.connections.length === 0) return <p class="quiet">{words.nobody}</p>
  return (
    <Table label={words.connections} heads={heads}>
      {told.connections.map(({ id, system, user, address, openedAt, channels }) => (
        <tr key={id}>
          <td>
            <a href={hashOf('connections', id)}>{id}</a>
          </td>
          <td>{system}</td>
          <td>{user ?? '–'}</td>
          <td>{address}</td>
          <td class="number" title={figures.moment(openedAt)}>
            {figures.span(machineClock.now() - openedAt)}
          </td>
          <td class="number">{channels.length}</td>
        </tr>
      ))}
    </Table>
  )
}
