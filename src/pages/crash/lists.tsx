import { useMemo } from 'preact/hooks'
import type { CrashPlayer } from '../../client/crash-types.ts'
import { multiplierText } from '../common/multiplier.ts'
import { grouped, minorOf, textOf } from './money.ts'
import { decimalsOf, type Result, type View } from './view.ts'
import type { Words } from './words.ts'

interface Props {
  readonly view: View
  readonly words: Words
}
const whole = (count: number) => grouped(String(count))

/** Who plays in this round: oneself first, then by stake. */
export function Players({ view, words }: Props) {
  const { players, totalPlayers, totalBets, phase } = view.table
  const decimals = decimalsOf(view)
  const me = view.me?.playerId ?? null
  const isOver = phase === 'waiting'
  const rows = useMemo(() => {
    const sum = (texts: readonly (string | undefined)[]) =>
      texts.reduce((all, text) => all + (minorOf(text ?? '0', decimals) ?? 0), 0)
    return [...players.values()]
      .map((player) => ({
        player,
        stake: sum(player.bets.map(({ amount }) => amount)),
        won: sum(player.bets.map(({ winAmount }) => winAmount)),
      }))
      .toSorted(
        (a, b) =>
          Number(b.player.playerId === me) - Number(a.player.playerId === me) || b.stake - a.stake,
      )
      .map(({ player, stake, won }) => (
        <tr key={player.playerId} class={player.playerId === me ? 'own' : ''}>
          <td class="name" title={player.nickname}>
            {player.nickname}
            {player.playerId === me && <small> {words.you}</small>}
          </td>
          <td>{grouped(textOf(stake, decimals))}</td>
          <td>
            <Standing
              player={player}
              won={grouped(textOf(won, decimals))}
              over={isOver}
              words={words}
            />
          </td>
        </tr>
      ))
  }, [players, me, isOver, decimals, words])
  return (
    <section class="list players" aria-label={words.players}>
      <h2>
        {words.players} <small>{whole(totalPlayers)}</small>
        <small class="sum">{grouped(totalBets)}</small>
      </h2>
      {rows.length === 0 ? (
        <p class="empty">{words.none}</p>
      ) : (
        <div class="scroll" tabIndex={0} role="region" aria-label={words.players}>
          <table>
            <tbody>{rows}</tbody>
          </table>
        </div>
      )}
      {rows.length > 0 && totalPlayers > rows.length && (
        <p class="empty">{words.shown(whole(rows.length), whole(totalPlayers))}</p>
      )}
    </section>
  )
}

function Standing(props: { player: CrashPlayer; won: string; over: boolean; words: Words }) {
  const { player, won, over, words } = props
  const out = player.bets.filter(({ status }) => status === 'cashed_out')
  if (out.length > 0) {
    const points = out.map(({ cashOutMultiplier }) => multiplierText(cashOutMultiplier ?? 1))
    return (
      <span class="right">
        {won} <small>{points.join(' ')}</small>
      </span>
    )
  }
  return over ? <span class="wrong">{words.lost}</span> : <span class="dim">{words.inPlay}</span>
}

/** What one's own bets came to in this session. */
export function Results({ view, words }: Props) {
  const { results } = view
  const decimals = decimalsOf(view)
  const minor = (text: string | null) => minorOf(text ?? '0', decimals) ?? 0
  const profitOf = ({ winAmount, amount }: Result) => minor(winAmount) - minor(amount)
  const all = results.reduce((sum, result) => sum + profitOf(result), 0)
  return (
    <section class="list results" aria-label={words.results}>
      <h2>
        {words.results}
        {results.length > 0 && (
          <small class={`sum ${colour(all)}`} title={words.all}>
            {signed(all, decimals)}
          </small>
        )}
      </h2>
      {results.length === 0 ? (
        <p class="empty">{words.noResults}</p>
      ) : (
        <div class="scroll" tabIndex={0} role="region" aria-label={words.results}>
          <table>
            <thead>
              <tr>
                {[words.crashAt, words.stake, words.outAt, words.profit].map((name) => (
                  <th key={name} scope="col">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {results.map((result) => (
                <ResultRow
                  key={`${result.roundId} ${result.slotId}`}
                  result={result}
                  profit={profitOf(result)}
                  decimals={decimals}
                  words={words}
                />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  )
}

function ResultRow(props: { result: Result; profit: number; decimals: number; words: Words }) {
  const { result, profit, decimals, words } = props
  const { roundId, amount, crashPoint, multiplier } = result
  return (
    <tr>
      <td>
        <a
          href={`/crash/verify#${roundId}`}
          target="_blank"
          rel="noopener"
          title={words.verify(multiplierText(crashPoint))}
        >
          {multiplierText(crashPoint)}
        </a>
      </td>
      <td>{grouped(amount)}</td>
      <td>{multiplier === null ? '–' : multiplierText(multiplier)}</td>
      <td class={colour(profit)}>{signed(profit, decimals)}</td>
    </tr>
  )
}

function colour(profit: number): string {
  return profit < 0 ? 'wrong' : 'right'
}

function signed(minor: number, decimals: number): string {
  return `${minor < 0 ? '−' : '+'}${grouped(textOf(Math.abs(minor), decimals))}`
}

/** The statistics of a day. */
export function Stats({ view, words }: Props) {
  const { stats } = view
  if (stats === null) return null
  const { last24h: day, currentStreak } = stats
  const point = (multiplier: number) => (day.totalRounds === 0 ? '–' : multiplierText(multiplier))
  const lines: [name: string, value: string][] = [
    [words.totalRounds, whole(day.totalRounds)],
    [words.averageCrashPoint, point(day.averageCrashPoint)],
    [words.maxCrashPoint, point(day.maxCrashPoint)],
    [words.minCrashPoint, point(day.minCrashPoint)],
    [words.totalBets, grouped(day.totalBets)],
    [words.totalPayout, grouped(day.totalPayout)],
    [words.rtp, Number(day.totalBets) === 0 ? '–' : `${(day.rtp * 100).toFixed(2)} %`],
    [words.streak, whole(currentStreak.below2x)],
  ]
  return (
    <section class="list stats" aria-label={words.stats}>
      <h2>{words.stats}</h2>
      <dl>
        {lines.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <p>
        <a href="/crash/verify">{words.fair}</a>
      </p>
    </section>
  )
}
