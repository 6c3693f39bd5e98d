import { useRef } from 'preact/hooks'
import { multiplierText } from '../common/multiplier.ts'
import type { Desk } from './desk.ts'
import { draw } from './draw.ts'
import { calm, useFrames, write } from './frames.ts'
import type { View } from './view.ts'
import type { Words } from './words.ts'

/** How often the curve moves for those who want little to move, ms. */
const calmMs = 250

/** Where the flight stands, for the colours. */
type Mood = 'ground' | 'flying' | 'crashed'

/** The flight: its curve, the multiplier, and how long until the next thing happens. */
export function Sky({ desk, view, words }: { desk: Desk; view: View; words: Words }) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const multiplier = useRef<HTMLOutputElement>(null)
  const countdown = useRef<HTMLSpanElement>(null)
  const bar = useRef<HTMLProgressElement>(null)
  const drawn = useRef({ key: '', at: 0 })
  const curve = view.rules?.curve ?? ''
  const { rise } = view
  const { phase, crashPoint, ends, roundId } = view.table
  const mood: Mood =
    phase === 'flying'
      ? 'flying'
      : crashPoint !== null && phase === 'waiting'
        ? 'crashed'
        : 'ground'
  const isLost = view.link.name !== 'open'
  const isTold = ends !== null && !isLost

  useFrames((now) => {
    if (ends !== null) {
      const left = desk.left(now)
      const seconds = (left / 1_000).toFixed(1)
      write(countdown.current, phase === 'betting' ? words.starts(seconds) : words.next(seconds))
      if (bar.current !== null) bar.current.value = ends.length === 0 ? 0 : left / ends.length
    }
    const isCalm = calm.matches && mood === 'flying'
    if (isCalm && now - drawn.current.at < calmMs) return
    const head = desk.head.at(now)
    write(multiplier.current, multiplierText(head.multiplier))
    paint(head, now)
  })
  function paint(head: { elapsed: number; multiplier: number }, now: number): void {
    const element = canvas.current
    const context = element?.getContext('2d')
    if (element === null || context === null || context === undefined) return
    const { clientWidth: width, clientHeight: height } = element
    const ratio = devicePixelRatio
    const line = getComputedStyle(element).color
    const ink = getComputedStyle(element.parentElement!).color
    const key = [head.elapsed, head.multiplier, width, height, ratio, line, ink, curve].join()
    if (key === drawn.current.key) return
    drawn.current = { key, at: now }
    const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)]
    if (element.width !== wide) element.width = wide
    if (element.height !== high) element.height = high
    draw(context, { width, height, ratio, head, rise, trail: desk.head.trail(), line, ink })
  }

  const said =
    phase === null
      ? words.loading
      : phase !== 'waiting'
        ? words.phase[phase]
        : crashPoint !== null
          ? words.phase.crashed
          : roundId === null
            ? words.phase.first
            : words.phase.void
  return (
    <section class={`sky ${mood} ${isLost ? 'lost' : ''}`} aria-label={words.title}>
      <canvas ref={canvas} aria-hidden="true" />
      <div class="reading">
        <output ref={multiplier} class="multiplier" aria-live="off" />
        <strong class="phase">{said}</strong>
        <span ref={countdown} class="countdown" hidden={!isTold} />
        <progress ref={bar} max={1} hidden={!isTold} aria-label={said} />
      </div>
      <p class="number">{roundId !== null && `${words.round} ${roundId}`}</p>
      <p role="status" class="unseen">
        {crashPoint === null ? said : words.told(multiplierText(crashPoint))}
      </p>
    </section>
  )
}

/** The last crash points, each a way to its proof. */
export function Recent({ view, words }: { view: View; words: Words }) {
  return (
    <nav class="recent" aria-label={words.recent}>
      {view.recent.map(({ roundId, crashPoint }) => {
        const point = multiplierText(crashPoint)
        const kind = crashPoint < 2 ? 'low' : crashPoint < 10 ? 'middle' : 'high'
        return (
          <a
            key={roundId}
            class={kind}
            href={`/crash/verify#${roundId}`}
            target="_blank"
            rel="noopener"
            title={words.verify(point)}
            aria-label={words.verify(point)}
          >
            {point}
          </a>
        )
      })}
    </nav>
  )
}
