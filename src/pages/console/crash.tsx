import { useState } from 'preact/hooks'
import { multiplierText } from '../common/multiplier.ts'
import { useAnswer } from './answer.ts'
import { Audit } from './audit.tsx'
import type { Desk } from './desk.ts'
import { Fault, Select } from './parts.tsx'
import { Recipe } from './recipe.tsx'
import type { CrashFigures } from './reports.ts'
import { RoundNow } from './round-now.tsx'
import { Pairs, Table } from './table.tsx'

/** As much of a round as everybody is told. */
interface Round {
  readonly roundId: string
  readonly status: 'running' | 'ended' | 'void'
  readonly crashPoint: number | null
  readonly startedAt: number
}

const spans = ['100', '1000', '10000'] as const

/** The game of crash: the round that runs, what was paid back, past rounds, the audit of the books. */
export function Crash({ desk }: { desk: Desk }) {
  const { words } = desk
  const [rounds, setRounds] = useState<(typeof spans)[number]>('1000')
  const path = `/api/console/crash?rounds=${rounds}`
  const { value, fault } = useAnswer<CrashFigures>(desk.server, path, 10_000)
  if (value === null && fault !== null) return <p class="quiet">{words.noCrash}</p>
  return (
    <>
      <Fault words={words} fault={fault} />
      <div class="columns">
        <RoundNow desk={desk} />
        <section>
          <h2>{words.paidBack}</h2>
          {value !== null && <PaidBack desk={desk} told={value} />}
          <Select label={words.overRounds} value={rounds} change={setRounds}>
            {spans}
          </Select>
          <Recipe desk={desk} command={{ path }} />
        </section>
        <Audit desk={desk} />
      </div>
      <Rounds desk={desk} />
    </>
  )
}

function PaidBack({ desk, told }: { desk: Desk; told: CrashFigures }) {
  const { words, figures } = desk
  const { glance, interval } = told
  const money = (minor: number) => figures.money(minor, glance.decimals, glance.currency)
  const range = interval === null ? '–' : interval.map((one) => figures.percent(one)).join(' … ')
  const rows: readonly (readonly [string, string])[] = [
    [words.roundsWithStakes, figures.count(told.rounds)],
    [words.staked, money(told.staked)],
    [words.paid, money(told.paid)],
    [words.rtp, figures.percent(told.rtp)],
    [words.interval, range],
    [words.promised, figures.percent(told.promised)],
  ]
  return <Pairs label={words.paidBack} rows={rows} />
}

function Rounds({ desk }: { desk: Desk }) {
  const { words, figures } = desk
  const [before, setBefore] = useState<string | null>(null)
  const path = `/api/crash/rounds?limit=20${before === null ? '' : `&before=${before}`}`
  // The newest page goes on by itself.
  const { value, fault } = useAnswer<{ rounds: readonly Round[] }>(
    desk.server,
    path,
    before === null ? 3_000 : null,
  )
  const heads = [words.round, words.state, words.crashPoint, words.since, '']
  return (
    <section>
      <h2>{words.rounds}</h2>
      <Fault words={words} fault={fault} />
      <Table label={words.rounds} heads={heads}>
        {value?.rounds.map((round) => (
          <Past key={round.roundId} desk={desk} round={round} />
        ))}
      </Table>
      <div class="buttons">
        <button
          type="button"
          class="secondary"
          disabled={before === null}
          onClick={() => setBefore(null)}
        >
          {words.newest}
        </button>
        <button
          type="button"
          class="secondary"
          disabled={(value?.rounds.length ?? 0) < 20}
          onClick={() => setBefore(value?.rounds.at(-1)?.roundId ?? null)}
        >
          {words.older}
        </button>
      </div>
    </section>
  )
}

function Past({ desk, round }: { desk: Desk; round: Round }) {
  const { words, figures } = desk
  const { roundId, status, crashPoint, startedAt } = round
  return (
    <tr>
      <td class="number">{roundId}</td>
      <td>{words.statuses[status]}</td>
      <td class="number">{crashPoint === null ? '–' : multiplierText(crashPoint)}</td>
      <td class="number">{figures.moment(startedAt)}</td>
      <td>
        {status === 'ended' && (
          <a href={`/crash/verify#${roundId}`} target="_blank" rel="noreferrer">
            {words.verify}
          </a>
        )}
      </td>
    </tr>
  )
}
