import { useState } from 'preact/hooks'
import type { Desk } from './desk.ts'
import { Frames } from './frames.tsx'
import { Search, Select, Text } from './parts.tsx'
import { Recipe } from './recipe.tsx'
import { hashOf, type Route } from './route.ts'

const modes = ['system', 'channel', 'user'] as const

type Mode = (typeof modes)[number]

/** Follows a channel, a user or a whole system; what is followed stands in the address. */
export function Live({ desk, route }: { desk: Desk; route: Route }) {
  const { words } = desk
  const { query } = route
  const path = `/api/console/live?${query}`
  return (
    <>
      <Choice key={query.toString()} desk={desk} query={query} />
      {query.size === 0 ? (
        <p class="quiet">{words.liveHint}</p>
      ) : (
        <>
          <Frames key={path} desk={desk} path={path} />
          <Recipe desk={desk} command={{ path }} />
        </>
      )}
    </>
  )
}

function Choice({ desk, query }: { desk: Desk; query: URLSearchParams }) {
  const { words, systems } = desk
  const [mode, setMode] = useState<Mode>(
    query.has('channel') ? 'channel' : query.has('user') ? 'user' : 'system',
  )
  const [system, setSystem] = useState(query.get('system') ?? '')
  const [channel, setChannel] = useState(query.get('channel') ?? '')
  const [user, setUser] = useState(query.get('user') ?? '')
  const of = system === '' ? (systems[0] ?? '') : system
  const asked: Readonly<Record<Mode, Readonly<Record<string, string>>>> = {
    system: { system: of },
    channel: { channel: channel.trim() },
    user: { system: of, user: user.trim() },
  }
  return (
    <Search
      submit={() => void (location.hash = hashOf('live', '', asked[mode]))}
      label={words.follow}
    >
      <label>
        {words.what}
        <select value={mode} onChange={({ currentTarget }) => setMode(currentTarget.value as Mode)}>
          {modes.map((one) => (
            <option key={one} value={one}>
              {words.modes[one]}
            </option>
          ))}
        </select>
      </label>
      {mode !== 'channel' && (
        <Select label={words.system} value={of} change={setSystem}>
          {systems}
        </Select>
      )}
      {mode === 'channel' && (
        <Text
          label={words.channel}
          name="channel"
          value={channel}
          change={setChannel}
          hint="jive/family:f1"
          required
        />
      )}
      {mode === 'user' && (
        <Text label={words.user} name="user" value={user} change={setUser} required />
      )}
    </Search>
  )
}
