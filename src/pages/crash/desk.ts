import { machineClock } from '../../client/clock.ts'
import { crash, type Crash, type CrashOptions } from '../../client/crash.ts'
import type { CrashEvents, CrashState } from '../../client/crash-types.ts'
import type { State } from '../../client/link.ts'
import { createStore, type Store } from '../common/store.ts'
import { readCurve } from './curve.ts'
import { createHead, type Head } from './head.ts'
import { isStale, keepPass, playMoney, readPass, type Pass } from './pass.ts'
import { addResults, readResults } from './results.ts'
import { createSlots, type Slots } from './slots.ts'
import { ended, moved, phased, settled, stood, type Landed } from './table.ts'
import { firstView, type Rules, type View } from './view.ts'

/** Where the page meets the game: what is shown, and what can be done. */
export interface Desk extends Slots {
  readonly view: Store<View>
  readonly head: Head
  /** Ms that a ping takes; null before the first. */
  latency(): number | null
  /** Ms by which the server's clock is ahead. */
  offset(): number
  /** Ms until a deadline of the server. */
  left(now: number): number
  /** Plays with a token from elsewhere. */
  enter(token: string): void
  /** Plays with play money, which a development server gives. */
  tryOut(): Promise<void>
  /** Watches from now on. */
  leave(): void
}

const mostRecent = 10
const address = `${location.origin.replace('http', 'ws')}/crash/ws`

/** Connects, and keeps the view as the server tells it. */
export function createDesk(): Desk {
  const view = createStore<View>(firstView, (run) => void requestAnimationFrame(run))
  const head = createHead(
    () => view.value.rise,
    () => view.value.rules?.tick ?? 50,
  )
  const change = (part: Partial<View>) => view.change((now) => ({ ...now, ...part }))
  let pass = readPass()
  /** How often a connection has come into use. */
  let joins = 0
  /** Counts clients, so that what an old one says late is not listened to. */
  let turn = 0
  /** Whether the last try to connect came to something. */
  let came = false
  let client: Crash = join()
  const slots = createSlots({ view, client: () => client, joins: () => joins })

  function join(): Crash {
    const mine = pass
    const own = ++turn
    change({ ...(mine !== null && { entrance: 'entering' }), me: null })
    const on: NonNullable<CrashOptions['on']> = {
      state: (state) => void (own === turn && connected(state)),
      snapshot: told,
      AUTH_RESPONSE(me) {
        const results = readResults(me.playerId)
        change({ me, balance: me.balance, entrance: 'none', results })
      },
      ...events(),
    }
    const token = mine === null ? {} : { token: () => fresh(mine) }
    return crash({ url: address, ...token, on, tries: Infinity })
  }
  function rejoin(next: Pass | null, entrance: View['entrance'] = 'none'): void {
    pass = keepPass(next)
    turn++
    client.close()
    change({ entrance })
    client = join()
  }
  /** Play money is given anew, for the same player. */
  async function fresh(mine: Pass): Promise<string> {
    const now = machineClock.now() + (turn > 0 ? client.offset : 0)
    if (mine.playing === null || !isStale(mine, now)) return mine.token
    return (await playMoney(mine.playing)).token
  }
  function connected(link: State): void {
    change({ link, nextTry: link.name === 'waiting' ? machineClock.now() + link.ms : 0 })
    if (link.name === 'open') {
      joins++
      came = true
      return void refresh()
    }
    if (pass === null || link.name === 'connecting') return
    if (link.name === 'closed') return rejoin(null, 'ended')
    if (pass.playing === null && link.code === 4401) return rejoin(null, 'expired')
    if (!came) void doubt(pass)
    came = false
  }
  /** A browser cannot tell why a handshake failed: a spectator who shows the token in a frame hears it. */
  async function doubt(mine: Pass): Promise<void> {
    const asking = crash({ url: address, tries: 0 })
    const answer = await asking.request('AUTH', { token: mine.token }).catch((error) => error.code)
    asking.close()
    if (answer !== 'UNAUTHORIZED' || pass !== mine) return
    if (mine.playing === null) return rejoin(null, view.value.me === null ? 'refused' : 'expired')
    rejoin(await playMoney(mine.playing).catch(() => null))
  }

  function told(state: CrashState): void {
    const now = machineClock.now()
    if (state.phase === 'flying') {
      if (state.roundId !== view.value.table.roundId || view.value.table.phase !== 'flying')
        head.begin()
      head.told({ elapsed: state.elapsedTime, multiplier: state.currentMultiplier }, now)
    }
    if (state.phase === 'waiting')
      head.landed({ elapsed: state.elapsedTime, multiplier: state.currentMultiplier })
    view.change((shown) => ({ ...shown, table: stood(shown.table, state, now) }))
    missed(state)
    if (state.phase === 'betting') slots.repeat()
  }
  /** Bets that ended while the connection was lost. */
  function missed({ roundId, myBets: bets }: CrashState): void {
    const { me, table } = view.value
    const { crashPoint } = table
    if (me === null || crashPoint === null || roundId === null) return
    const round = { roundId, crashPoint, bets }
    view.change((shown) => ({ ...shown, results: addResults(shown.results, me.playerId, round) }))
  }
  /** What changes in the view when something happens. */
  function events(): NonNullable<CrashOptions['on']> {
    const table = (next: (shown: View) => View['table']) =>
      view.change((shown) => ({ ...shown, table: next(shown) }))
    return {
      CRASH_PHASE_CHANGE(event) {
        const now = machineClock.now()
        const waited = view.value.table.seats.some(({ queued }) => queued !== null)
        table((shown) => phased(shown.table, event, now))
        if (event.phase !== 'waiting') head.begin()
        if (event.phase === 'flying') head.told({ elapsed: 0, multiplier: 1 }, now)
        if (event.phase !== 'betting') return
        slots.repeat()
        if (waited) slots.look()
      },
      CRASH_MULTIPLIER_UPDATE: ({ elapsedTime: elapsed, multiplier }) =>
        head.told({ elapsed, multiplier }, machineClock.now()),
      CRASH_PLAYER_UPDATE: (event) =>
        table((shown) => moved(shown.table, event, shown.me?.playerId ?? null)),
      CRASH_ROUND_END: landed,
      CRASH_STATS: (stats) => change({ stats }),
      CRASH_MY_RESULT: (round) =>
        view.change((shown) => ({
          ...shown,
          table:
            round.roundId === shown.table.roundId ? settled(shown.table, round.bets) : shown.table,
          results: addResults(shown.results, shown.me?.playerId ?? '', round),
        })),
      BALANCE_UPDATE({ balance, reason }) {
        change({ balance })
        if (reason === 'AUTO_CASH_OUT' || reason === 'REFUND') slots.look()
      },
    }
  }
  function landed(event: CrashEvents['CRASH_ROUND_END']): void {
    const { roundId, crashPoint, duration } = event
    head.landed({ elapsed: duration, multiplier: crashPoint })
    view.change((shown) => ({
      ...shown,
      table: ended(shown.table, event, machineClock.now()),
      recent: newest([{ roundId, crashPoint }, ...shown.recent]),
    }))
  }

  /** What is told over HTTP alone, after each connect. */
  async function refresh(): Promise<void> {
    const get = (name: string) =>
      fetch(`/api/crash/${name}`)
        .then((answer) => (answer.ok ? answer.json() : null))
        .catch(() => null)
    const [rules, stats, rounds] = await Promise.all(['rules', 'stats', `rounds?limit=20`].map(get))
    const known = rules as Rules | null
    const over = (rounds?.rounds ?? []).filter((one: { status: string }) => one.status === 'ended')
    view.change((shown) => ({
      ...shown,
      ...(known !== null && { rules: known, rise: readCurve(known.curve) }),
      stats: stats ?? shown.stats,
      recent: newest([...shown.recent, ...over]),
    }))
  }

  return {
    ...slots,
    view,
    head,
    latency: () => client.latency,
    offset: () => client.offset,
    left(now) {
      const { ends } = view.value.table
      if (ends === null) return 0
      const left = client.latency === null ? ends.here - now : ends.server - now - client.offset
      return Math.max(0, Math.min(left, ends.length))
    },
    enter: (token) => rejoin({ token, playing: null }),
    async tryOut() {
      rejoin(await playMoney(null))
    },
    leave: () => rejoin(null),
  }
}

/** The last ones, newest first, each once: ids of rounds rise. */
function newest(rounds: readonly Landed[]): readonly Landed[] {
  const byId = new Map(rounds.map(({ roundId, crashPoint }) => [roundId, { roundId, crashPoint }]))
  return [...byId.values()]
    .toSorted((a, b) => Number(b.roundId) - Number(a.roundId))
    .slice(0, mostRecent)
}
