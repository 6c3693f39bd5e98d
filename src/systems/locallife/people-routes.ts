import { Hono, type Context } from 'hono'
import * as v from 'valibot'
import { Refusal } from '../../core/errors.ts'
import { readJson } from '../../core/json.ts'
import { shaped } from '../../core/protocol.ts'
import type { LocallifeParts } from './options.ts'
import {
  merchantStatuses,
  operatorRoles,
  riderStatuses,
  type Acting,
  type Rider,
} from './people.ts'
import { asker } from './session.ts'
import { Id } from './shapes.ts'

/** What the routes of the people work with. */
export interface PeopleParts extends Pick<
  LocallifeParts,
  'people' | 'clock' | 'verify' | 'authorize' | 'limiter' | 'rate'
> {
  /** Has the open connections of users judged again, and resolves when they are. */
  readonly review: (users: readonly string[]) => Promise<void>
}

/** The part of a path that names somebody. */
export const Params = v.object({ id: Id })
/** Body of POST /v1/rider/online. */
export const Online = v.object({ region_id: v.optional(Id) })
/** Body of PUT /api/locallife/riders/{id}. */
export const RiderBody = v.object({
  status: v.picklist(riderStatuses),
  region_id: v.exactOptional(Id),
})
/** Body of PUT /api/locallife/merchants/{id}. */
export const MerchantBody = v.object({
  name: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(100)),
  status: v.picklist(merchantStatuses),
  administrators: v.pipe(v.array(Id), v.maxLength(500)),
})
/** Body of PUT /api/locallife/operators/{id}. */
export const OperatorBody = v.object({ role: v.picklist(operatorRoles) })

/** Going online and offline for riders with their token (L3, L8); who is what, for a server key with the scope admin. Refusals are thrown; the server's app answers them. */
export function peopleRoutes(parts: PeopleParts): Hono {
  const app = new Hono()
  riderRoutes(app, parts)
  riderAdministration(app, parts)
  merchantAdministration(app, parts)
  operatorAdministration(app, parts)
  return app
}

function riderRoutes(app: Hono, { people, review, ...parts }: PeopleParts): void {
  const answer = ({ id, ...rider }: Rider) => ({ user: id, ...riderState(rider) })
  app.post('/v1/rider/online', async (context) => {
    const user = await asker(context.req.raw.headers, parts)
    // The original's clients come back without a word of where they are.
    const body = context.req.raw.body === null ? {} : await json(context)
    const { region_id: region = null } = shaped(Online, body)
    const rider = await people.goOnline(user, region)
    await review([user])
    return context.json(answer(rider))
  })
  app.post('/v1/rider/offline', async (context) => {
    const user = await asker(context.req.raw.headers, parts)
    const rider = await people.goOffline(user)
    await review([user])
    return context.json(answer(rider))
  })
}

function riderAdministration(app: Hono, { people, review, ...parts }: PeopleParts): void {
  const answer = ({ id, ...rider }: Rider) => ({ id, ...riderState(rider) })
  app.put('/api/locallife/riders/:id', async (context) => {
    const acting = await administrator(context, parts)
    const id = idOf(context)
    const { region_id: region, status } = shaped(RiderBody, await json(context))
    const { value, made } = await people.putRider(acting, {
      id,
      status,
      ...(region !== undefined && { region }),
    })
    await review([id])
    return context.json(answer(value), made ? 201 : 200)
  })
  app.get('/api/locallife/riders/:id', async (context) => {
    await administrator(context, parts)
    const id = idOf(context)
    const { rider } = await people.standing(id)
    if (rider === null) throw new Refusal('NOT_FOUND', `No rider "${id}"`)
    return context.json(answer(rider))
  })
}

function merchantAdministration(app: Hono, { people, review, ...parts }: PeopleParts): void {
  app.put('/api/locallife/merchants/:id', async (context) => {
    const acting = await administrator(context, parts)
    const id = idOf(context)
    const body = shaped(MerchantBody, await json(context))
    const { value, made, touched } = await people.putMerchant(acting, { id, ...body })
    await review(touched)
    return context.json(value, made ? 201 : 200)
  })
  app.get('/api/locallife/merchants/:id', async (context) => {
    await administrator(context, parts)
    const id = idOf(context)
    const merchant = await people.merchant(id)
    if (merchant === null) throw new Refusal('NOT_FOUND', `No merchant "${id}"`)
    return context.json(merchant)
  })
}

function operatorAdministration(app: Hono, { people, review, ...parts }: PeopleParts): void {
  app.put('/api/locallife/operators/:id', async (context) => {
    const acting = await administrator(context, parts)
    const id = idOf(context)
    const { role } = shaped(OperatorBody, await json(context))
    const { value, made } = await people.putOperator(acting, { id, role })
    return context.json(value, made ? 201 : 200)
  })
  app.get('/api/locallife/operators/:id', async (context) => {
    await administrator(context, parts)
    const id = idOf(context)
    const { operator } = await people.standing(id)
    if (operator === null) throw new Refusal('NOT_FOUND', `No operator "${id}"`)
    return context.json({ id, role: operator })
  })
  app.delete('/api/locallife/operators/:id', async (context) => {
    const acting = await administrator(context, parts)
    const id = idOf(context)
    await people.removeOperator(acting, id)
    await review([id])
    return context.body(null, 204)
  })
}

async function administrator(
  { req }: Context,
  { authorize, clock }: Pick<PeopleParts, 'authorize' | 'clock'>,
): Promise<Acting> {
  const { name } = await authorize(req.raw, 'admin')
  return { actor: name, at: clock.now() }
}

/** 500 administrators take 33 KB. */
const mostBytes = 65_536

function json({ req }: Context): Promise<unknown> {
  return readJson(req.raw, [], mostBytes)
}

function idOf({ req }: Context): string {
  return shaped(Params, req.param()).id
}

function riderState({ status, online, region }: Omit<Rider, 'id'>) {
  return { status, online, region_id: region }
}
