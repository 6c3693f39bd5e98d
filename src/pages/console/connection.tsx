import { machineClock } from '../../client/clock.ts'
import { useAnswer } from './answer.ts'
import type { ConnectionDetail } from './api.ts'
import type { Desk } from './desk.ts'
import { Ask } from './dialog.tsx'
import { EndAll } from './end-all.tsx'
import { Frames } from './frames.tsx'
import { Facts, Fault } from './parts.tsx'
import { hashOf } from './route.ts'

const everyMs = 2_000

/** One connection, closer, with its frames from now on. */
export function ConnectionView({ desk, id }: { desk: Desk; id: string }) {
  const { words } = desk
  const path = `/api/console/connections/${encodeURIComponent(id)}`
  const { value, fault } = useAnswer<ConnectionDetail>(desk.server, path, everyMs)
  return (
    <>
      <p>
        <a href={hashOf('connections')}>← {words.connections}</a>
      </p>
      <h2>{id}</h2>
      <Fault words={words} fault={fault} />
      {value !== null && <Detail desk={desk} told={value} />}
      {value !== null && desk.may('admin') && fault === null && <Ends desk={desk} told={value} />}
      <h3>{words.frames}</h3>
      <Frames desk={desk} path={`${path}/frames`} />
    </>
  )
}

function Detail({ desk, told }: { desk: Desk; told: ConnectionDetail }) {
  const { words, figures } = desk
  const { system, user, address, openedAt, channels, expiresAt } = told
  const now = machineClock.now()
  return (
    <Facts>
      {[
        [words.system, system],
        [words.user, user === null ? '–' : <User system={system} user={user} />],
        [words.address, address],
        [words.since, `${figures.moment(openedAt)} (${figures.span(now - openedAt)})`],
        [words.tokenEnds, expiresAt === null ? words.never : figures.moment(expiresAt)],
        [words.dialect, told.dialect === '' ? words.usual : told.dialect],
        [words.queued, figures.bytes(told.queuedBytes)],
        [words.waitingFrames, figures.count(told.waitingFrames)],
        [words.silent, figures.span(told.silentMs)],
        [
          `${words.channels} (${channels.length})`,
          channels.map((name) => (
            <>
              <a key={name} href={hashOf('channels', `${system}/${name}`)}>
                {name}
              </a>{' '}
            </>
          )),
        ],
      ]}
    </Facts>
  )
}

function User({ system, user }: { system: string; user: string }) {
  return <a href={hashOf('connections', '', { system, user })}>{user}</a>
}

function Ends({ desk, told }: { desk: Desk; told: ConnectionDetail }) {
  const { words } = desk
  const { id, system, user } = told
  const leave = () => void (location.hash = hashOf('connections'))
  return (
    <div class="buttons">
      <Ask
        desk={desk}
        label={words.endOne}
        question={words.endOneSure(id)}
        command={{
          method: 'DELETE',
          path: `/api/connections/${encodeURIComponent(id)}`,
          cli: `end ${id}`,
        }}
        done={leave}
      />
      {user !== null && <EndAll {...{ desk, system, user }} done={leave} />}
    </div>
  )
}
