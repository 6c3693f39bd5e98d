import { useState } from 'preact/hooks'
import { useRows } from './controls.tsx'
import type { Desk } from './desk.ts'
import type { Numbered } from './feed.ts'
import { Select } from './parts.tsx'
import { Recipe } from './recipe.tsx'
import type { LogLevel, LogLine } from './reports.ts'
import { Table } from './table.tsx'

const levels: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error']

/** The newest lines of the log, those that are kept and those that come. */
export function Logs({ desk }: { desk: Desk }) {
  const { words } = desk
  const [level, setLevel] = useState<LogLevel>('info')
  const path = `/api/console/logs?level=${level}`
  const { rows, controls, empty } = useRows(desk, { path, rowOf, textOf, anew: true })
  return (
    <>
      <div class="search">
        <Select label={words.level} value={level} change={setLevel}>
          {levels}
        </Select>
        {controls}
      </div>
      {empty ?? (
        <Table label={words.logs} heads={[words.at, words.level, words.event, words.content]}>
          {rows.map((line) => (
            <Line key={line.number} desk={desk} line={line} />
          ))}
        </Table>
      )}
      <Recipe desk={desk} command={{ path }} />
    </>
  )
}

function Line({ desk, line }: { desk: Desk; line: Numbered<LogLine> }) {
  const { figures } = desk
  const { at, level, event, fields, error, stack } = line
  return (
    <tr>
      <td class="number" title={figures.moment(at)}>
        {figures.time(at, true)}
      </td>
      <td class={`level ${level}`}>{level}</td>
      <td>{event}</td>
      <td class="wide">
        {Object.entries(fields).map(([name, value]) => (
          <span key={name} class="pair">
            <small>{name}</small> <code>{String(value)}</code>{' '}
          </span>
        ))}
        {error !== undefined && (
          <details>
            <summary>{error}</summary>
            <pre>{stack}</pre>
          </details>
        )}
      </td>
    </tr>
  )
}

function rowOf(event: string, data: unknown): LogLine | null {
  return event === 'line' ? (data as LogLine) : null
}

function textOf({ event, fields, error = '' }: LogLine): string {
  const told = Object.entries(fields).map((pair) => pair.join(' '))
  return [event, ...told, error].join(' ')
}
