import { useState } from 'preact/hooks'
import { useAnswer } from './answer.ts'
import type { Desk } from './desk.ts'
import { Mark } from './mark.tsx'
import { Alert, Fault } from './parts.tsx'
import { Recipe } from './recipe.tsx'
import type { AuditState } from './reports.ts'
import { troubleOf, type Trouble } from './trouble.ts'
import { Table } from './table.tsx'

const path = '/api/console/crash/audit'

/** The audit of crash's books: the last one and what it found, and a button that starts one. */
export function Audit({ desk }: { desk: Desk }) {
  const { words, server } = desk
  const [fault, setFault] = useState<Trouble | null>(null)
  const { value, again } = useAnswer<AuditState>(server, path, 1_000)
  function begin(): void {
    setFault(null)
    server.send('POST', path).then(again, (error: unknown) => setFault(troubleOf(error)))
  }
  return (
    <section>
      <h2>{words.audit}</h2>
      {value !== null && <State desk={desk} state={value} />}
      <Fault words={words} fault={fault} />
      {desk.may('admin') && (
        <div class="buttons">
          <button type="button" disabled={value?.state === 'running'} onClick={begin}>
            {words.audit}
          </button>
        </div>
      )}
      <Recipe desk={desk} command={{ method: 'POST', path, cli: 'crash audit' }} />
    </section>
  )
}

function State({ desk, state }: { desk: Desk; state: AuditState }) {
  const { words, figures } = desk
  if (state.state === 'never') return <p class="quiet">{words.neverAudited}</p>
  const by = words.auditBy(state.by, figures.moment(state.startedAt))
  if (state.state === 'running') return <p aria-busy="true">{by}</p>
  if (state.state === 'failed') {
    return (
      <>
        <p class="quiet">{by}</p>
        <Alert>
          <span lang="en">{state.reason}</span>
        </Alert>
      </>
    )
  }
  const { ok, rounds, bets, transfers, faults, faultCount } = state
  const extent = words.extent(
    figures.count(rounds),
    figures.count(bets),
    figures.count(transfers),
    figures.milliseconds(state.endedAt - state.startedAt),
  )
  return (
    <>
      <p>
        <Mark kind={ok ? 'good' : 'bad'}>
          {ok ? words.booksRight : words.booksWrong(figures.count(faultCount))}
        </Mark>{' '}
        {extent}
      </p>
      {faults.length > 0 && (
        <Table label={words.audit} heads={[words.row, words.fault]}>
          {faults.map(({ row, fault }) => (
            <tr key={`${row} ${fault}`}>
              <td>{row}</td>
              <td class="wide" lang="en">
                {fault}
              </td>
            </tr>
          ))}
        </Table>
      )}
      <p class="quiet">{by}</p>
    </>
  )
}
