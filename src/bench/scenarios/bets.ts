import { askInCircles, refusals, type Answers } from '../answers.ts'
import { startCrowd, type Crowd } from '../crowd.ts'
import { spread, watch, type Stage } from '../scenario.ts'
import type { Measure } from '../table.ts'
import type { Target } from '../target.ts'
import { betAndBack } from '../wagers.ts'

const usualPlayers = 1_000
const warmUpSeconds = 2
const usualSeconds = 8
/** Requests that a player has under way; the server carries them out one after another. */
const ahead = 1

/** Players who bet and take it back as fast as they are answered, each answer on disk before it leaves (F8); then an audit. */
export async function bets(stage: Stage): Promise<Measure[]> {
  const { wishes, say, another } = stage
  const players = Math.min(usualPlayers, wishes.connections ?? usualPlayers)
  const target = await another({
    game: { SCENARIO: 'fixed:2.00', BETTING: '1h', CHAIN_LENGTH: '1000' },
  })
  const paths = Array.from({ length: players }, (_, player) => target.gaming.path(player))
  const crowd = await startCrowd(target, paths, 'players')
  try {
    const { ready } = await crowd.open()
    say(`${ready} players bet and take it back`)
    const seconds = wishes.seconds ?? usualSeconds
    await circling(crowd, Math.min(warmUpSeconds, seconds))
    const { answers, measures } = await measured(target, crowd, seconds)
    await crowd.stop()
    return [
      { name: 'bets: players', value: ready },
      { name: 'bets: commands/s', value: (answers.answered * 1000) / answers.ms },
      { name: 'bets: refused or unanswered', value: refusals(answers) + answers.unanswered },
      ...spread('bets: ', answers),
      ...measures,
      { name: 'bets: audit: exit code', value: await target.gaming.audit() },
    ]
  } finally {
    await crowd.stop()
    await target.stop()
  }
}

function circling(crowd: Crowd, seconds: number): Promise<Answers> {
  return askInCircles(crowd, { texts: betAndBack, ms: seconds * 1000, ahead })
}

async function measured(target: Target, crowd: Crowd, seconds: number) {
  const server = watch(target)
  const answers = await circling(crowd, seconds)
  const cpu = server.cpuMicros()
  return {
    answers,
    measures: [
      { name: 'bets: CPU us/command', value: cpu / answers.answered },
      { name: 'bets: CPU %', value: cpu / answers.ms / 10 },
    ],
  }
}
