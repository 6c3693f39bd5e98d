import * as v from 'valibot'
import { Instant, named, Whole } from '../core/operation.ts'
import { scopes } from '../core/store.ts'
import { connectionFields } from '../http/describe.ts'
import { sentences } from './reasons.ts'

const Anything = v.record(v.string(), v.unknown())

/** Fields of a session but its token. */
export const Session = {
  role: v.picklist(['full', 'read']),
  name: v.string(),
  scopes: v.array(v.picklist(scopes)),
  expiresAt: Instant,
}

/** One connection, closer. */
export const ConnectionDetail = named(
  'ConnectionDetail',
  v.object({
    ...connectionFields,
    dialect: v.string(),
    queuedBytes: Whole,
    waitingFrames: Whole,
    expiresAt: v.nullable(Instant),
    silentMs: Whole,
  }),
)

/** Kinds of channels. */
export const Kinds = v.object({
  kinds: v.array(
    v.object({
      system: v.string(),
      kind: v.string(),
      publish: v.boolean(),
      externalUser: v.boolean(),
      events: v.pipe(v.record(v.string(), Anything), v.description('JSON Schema by type')),
    }),
  ),
})

const About = v.partial(
  v.object({
    user: v.string(),
    system: v.string(),
    channel: v.string(),
    version: Whole,
    id: v.string(),
    connections: v.pipe(v.array(v.string()), v.description('Ids of those that were there')),
    listening: v.pipe(Whole, v.description('How many of them listen')),
    later: v.pipe(Whole, v.description('How many came later')),
    times: v.pipe(Whole, v.description('How often it was told again')),
  }),
)

/** Why a user got a message or did not. */
export const Deliveries = v.object({
  user: v.string(),
  system: v.string(),
  message: v.nullable(
    v.object({
      id: v.string(),
      channel: v.string(),
      version: Whole,
      type: v.string(),
      at: Instant,
    }),
  ),
  knownSince: Instant,
  steps: v.array(
    v.object({
      step: v.picklist(['published', 'connected', 'subscribed', 'sent', 'acknowledged']),
      answer: v.picklist(['yes', 'no', 'unknown']),
      reason: v.pipe(
        v.picklist(Object.keys(sentences) as (keyof typeof sentences)[]),
        v.description('Why, by a name that stays'),
      ),
      about: v.pipe(About, v.description('What the reason speaks of')),
      why: v.pipe(v.string(), v.description('The reason as a sentence')),
    }),
  ),
})

const Ratio = v.pipe(v.number(), v.minValue(0), v.description('0.97 is 97 %'))

/** The round of crash, and what rounds have paid back; money in minor units. */
export const CrashFigures = v.object({
  glance: v.object({
    round: v.string(),
    phase: v.picklist(['betting', 'flying', 'waiting']),
    multiplier: v.pipe(Whole, v.description('In hundredths')),
    players: Whole,
    staked: Whole,
    exposure: Whole,
    mostExposure: Whole,
    currency: v.string(),
    decimals: Whole,
    idle: v.nullable(v.string()),
  }),
  promised: v.nullable(Ratio),
  rounds: Whole,
  staked: Whole,
  paid: Whole,
  rtp: v.nullable(Ratio),
  interval: v.nullable(v.tuple([Ratio, Ratio])),
})

const begun = { startedAt: Instant, by: v.string() }

/** The audit of the books of crash. */
export const AuditState = named(
  'AuditState',
  v.union([
    v.object({ state: v.literal('never') }),
    v.object({ state: v.literal('running'), ...begun }),
    v.object({
      state: v.literal('done'),
      ...begun,
      endedAt: Instant,
      ok: v.boolean(),
      rounds: Whole,
      bets: Whole,
      transfers: Whole,
      faults: v.array(v.object({ row: v.string(), fault: v.string() })),
      faultCount: Whole,
    }),
    v.object({ state: v.literal('failed'), ...begun, endedAt: Instant, reason: v.string() }),
  ]),
)

/** Every setting with its origin. */
export const ConfigValues = v.object({
  values: v.array(
    v.object({
      path: v.string(),
      value: v.unknown(),
      origin: v.string(),
      description: v.string(),
    }),
  ),
})
