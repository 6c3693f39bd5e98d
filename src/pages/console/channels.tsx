import { useState } from 'preact/hooks'
import { useAnswer } from './answer.ts'
import type { Channels as Told } from './api.ts'
import { ChannelView } from './channel.tsx'
import type { Desk } from './desk.ts'
import { Fault, Search, Text } from './parts.tsx'
import { Recipe } from './recipe.tsx'
import { hashOf, type Route } from './route.ts'
import { Table } from './table.tsx'

const everyMs = 5_000
const path = '/api/channels'

/** The channels that somebody listens to; one channel where the address names it. */
export function Channels({ desk, route }: { desk: Desk; route: Route }) {
  if (route.rest !== '') return <ChannelView key={route.rest} desk={desk} name={route.rest} />
  return <All desk={desk} />
}

function All({ desk }: { desk: Desk }) {
  const { words, figures } = desk
  const [wanted, setWanted] = useState('')
  const { value, fault } = useAnswer<Told>(desk.server, path, everyMs)
  const all = value?.channels ?? []
  const shown = all.filter(({ channel }) => channel.includes(wanted.trim()))
  function open(): void {
    const name = wanted.trim()
    if (name.includes('/')) location.hash = hashOf('channels', name)
  }
  return (
    <>
      <Search submit={open} label={words.open}>
        <Text
          label={words.channel}
          name="channel"
          value={wanted}
          change={setWanted}
          hint="jive/family:f1"
        />
      </Search>
      <Fault words={words} fault={fault} />
      {value !== null && shown.length === 0 && <p class="quiet">{words.noListeners}</p>}
      {shown.length > 0 && (
        <Table label={words.channels} heads={[words.channel, words.listeners]}>
          {shown.map(({ channel, listeners }) => (
            <tr key={channel}>
              <td>
                <a href={hashOf('channels', channel)}>{channel}</a>
              </td>
              <td class="number">{figures.count(listeners)}</td>
            </tr>
          ))}
        </Table>
      )}
      <Recipe desk={desk} command={{ path }} />
    </>
  )
}
