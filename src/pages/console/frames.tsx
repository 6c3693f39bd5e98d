import type { Dropped, Frame, LiveMessage } from './api.ts'
import { useRows } from './controls.tsx'
import type { Desk } from './desk.ts'
import type { Numbered } from './feed.ts'
import { hashOf } from './route.ts'
import { Table } from './table.tsx'

/** What a stream of messages and frames tells, as rows of one table. */
type Row =
  | ({ readonly kind: 'frame' } & Frame)
  | ({ readonly kind: 'message' } & LiveMessage)
  | ({ readonly kind: 'dropped' } & Dropped)

/** Messages and frames from now on: paused, filtered and cleared at will, the newest 500. */
export function Frames({ desk, path }: { desk: Desk; path: string }) {
  const { words } = desk
  const { rows, controls, empty, clear } = useRows(desk, { path, rowOf, textOf })
  return (
    <>
      <div class="search">
        {controls}
        <button type="button" class="secondary" onClick={clear}>
          {words.clear}
        </button>
      </div>
      {empty ?? (
        <Table label={words.live} heads={[words.at, words.from, words.type, words.content]}>
          {rows.map((row) => (
            <Line key={row.number} desk={desk} row={row} />
          ))}
        </Table>
      )}
    </>
  )
}

function Line({ desk, row }: { desk: Desk; row: Numbered<Row> }) {
  const { words, figures } = desk
  const time = <td class="number">{figures.time(row.at, true)}</td>
  if (row.kind === 'dropped') {
    return (
      <tr>
        {time}
        <td colSpan={3} class="fault">
          {words.dropped(figures.count(row.count))}
        </td>
      </tr>
    )
  }
  const { text, cut, length } = row
  return (
    <tr>
      {time}
      {row.kind === 'frame' ? <Ends desk={desk} row={row} /> : <Place desk={desk} row={row} />}
      <td class="wide">
        <code>{text}</code>
        {cut && <small> {words.cut(figures.count(length))}</small>}
      </td>
    </tr>
  )
}

function Ends({ desk, row }: { desk: Desk; row: Frame }) {
  const { words } = desk
  return (
    <>
      <td>
        <a href={hashOf('connections', row.connection)}>{row.connection}</a>
      </td>
      <td>
        <span class={`direction ${row.direction}`}>
          {row.direction === 'in' ? words.incoming : words.outgoing}
        </span>
      </td>
    </>
  )
}

function Place({ desk, row }: { desk: Desk; row: LiveMessage }) {
  const { words, figures } = desk
  const { channels, version, type, listeners } = row
  return (
    <>
      <td>
        {channels.map((name) => (
          <div key={name}>
            <a href={hashOf('channels', name)}>{name}</a>
          </div>
        ))}
        <small>{words.listenersAre(figures.count(listeners))}</small>
      </td>
      <td>
        {type}
        {version !== null && <small> v{version}</small>}
      </td>
    </>
  )
}

function rowOf(event: string, data: unknown): Row | null {
  if (event === 'frame' || event === 'message' || event === 'dropped')
    return { kind: event, ...(data as object) } as Row
  return null
}

function textOf(row: Row): string {
  if (row.kind === 'dropped') return ''
  if (row.kind === 'frame') return `${row.connection} ${row.text}`
  return `${row.channels.join(' ')} ${row.type} ${row.text}`
}
