import { multiplierText } from '../common/multiplier.ts'
import type { Desk } from './desk.ts'
import { Alert } from './parts.tsx'
import { stateText } from './sayings.ts'
import { Pairs } from './table.tsx'

/** The round of crash in play, as the newest second told it; nothing where the game does not run. */
export function RoundNow({ desk }: { desk: Desk }) {
  const { words, figures, pulse } = desk
  const glance = pulse.overview?.crash ?? null
  if (glance === null) return null
  const { currency, decimals, idle } = glance
  const money = (minor: number) => figures.money(minor, decimals, currency)
  return (
    <section>
      <h2>{words.roundNow}</h2>
      {idle !== null && (
        <Alert>{stateText(words.sayings, idle) ?? <span lang="en">{idle}</span>}</Alert>
      )}
      <Pairs
        label={words.roundNow}
        rows={[
          [words.round, glance.round || '–'],
          [words.phase, words.phases[glance.phase]],
          [words.multiplier, multiplierText(glance.multiplier / 100)],
          [words.players, figures.count(glance.players)],
          [words.staked, money(glance.staked)],
          [words.exposure, money(glance.exposure)],
          [words.mostExposure, money(glance.mostExposure)],
        ]}
      />
    </section>
  )
}
