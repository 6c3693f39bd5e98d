import { parseCurve, type Curve } from './curve.ts'
import { crashPoint, parseHash } from './draw.ts'
import type { Begun, Draw } from './ledger.ts'
import type { Scenario } from './options.ts'
import type { Salting } from './salts.ts'

/** Where a round's crash point comes from. */
export interface Source {
  readonly draw: Draw
  /** Its text, as the ledger keeps it. */
  readonly curve: string
  readonly shape: Curve
  /** The crash point of the round that has begun, hundredths. */
  point(begun: Begun): number
}

/** Where crash points come from: the chain, or what a scenario says (K31). */
export interface Sources {
  /** Null while there is nothing to play. */
  next(): Source | null
  /** A round has begun with it. */
  began(source: Source, begun: Begun): void
  /** Why there is nothing to play, null when there is. */
  idle(): string | null
  /** The highest multiplier a round can reach, hundredths: of the chain in use and of those to come. */
  cap(): number
}

/** What sources are made of. */
export interface SourceParts {
  readonly salting: Pick<Salting, 'playable' | 'used' | 'idle'>
  readonly scenario: Scenario | null
  /** Of rounds without a chain. */
  readonly curve: string
  readonly maxMultiplier: number
}

/** The points of a scenario one after another and again from the first, otherwise those of the chain. */
export function createSources({ salting, scenario, curve, maxMultiplier }: SourceParts): Sources {
  const points = pointsOf(scenario)
  let played = 0

  function scripted(): Source {
    const crash = points[played % points.length]!
    return { draw: { source: 'scenario', crash }, curve, shape: shapeOf(curve), point: () => crash }
  }

  function chained(): Source | null {
    const chain = salting.playable()
    if (chain === null || chain.salt === null) return null
    const { id, salt, rtpBps, cap } = chain
    return {
      draw: { source: 'chain', chain: id },
      curve: chain.curve,
      shape: shapeOf(chain.curve),
      point({ hash }) {
        const bytes = hash === null ? null : parseHash(hash)
        if (bytes === null) throw new Error('The round has no game hash')
        return crashPoint(bytes, salt, rtpBps, cap)
      },
    }
  }

  return {
    next: () => (points.length > 0 ? scripted() : chained()),
    began({ draw }, { index }) {
      played++
      if (draw.source === 'chain' && index !== null) salting.used(draw.chain, index)
    },
    idle: () => (points.length > 0 ? null : salting.idle()),
    cap: () => Math.max(maxMultiplier, salting.playable()?.cap ?? 0, ...points),
  }
}

function pointsOf(scenario: Scenario | null): readonly number[] {
  if (scenario?.kind === 'fast') return [100]
  return scenario?.kind === 'fixed' ? scenario.points : []
}

function shapeOf(text: string): Curve {
  const curve = parseCurve(text)
  if (curve === null) throw new Error(`"${text}" is no curve`)
  return curve
}
