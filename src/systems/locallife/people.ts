/** Ids of users, merchants, regions and orders. */
export const idPattern = /^[A-Za-z0-9_-]{1,64}$/

/** How far a rider has got with the platform. */
export const riderStatuses = ['pending', 'approved', 'suspended'] as const
/** One of them. */
export type RiderStatus = (typeof riderStatuses)[number]

/** A rider by the id of its user; only an approved one with a region can be online (L3). */
export interface Rider {
  readonly id: string
  readonly status: RiderStatus
  readonly online: boolean
  readonly region: string | null
}

/** Whether a merchant takes orders: only an onboarded one speaks to its administrators (L4). */
export const merchantStatuses = ['onboarded', 'closed'] as const

/** A merchant and the users who look after its orders (L4). */
export interface Merchant {
  readonly id: string
  readonly name: string
  readonly status: (typeof merchantStatuses)[number]
  readonly administrators: readonly string[]
}

/** What somebody may be for the platform (L4); both are told the same. */
export const operatorRoles = ['operator', 'admin'] as const

/** A user who works for the platform (L4). */
export interface Operator {
  readonly id: string
  readonly role: (typeof operatorRoles)[number]
}

/** What a user is at the moment: the reason to let it in, or not. */
export interface Standing {
  readonly user: string
  readonly rider: Rider | null
  /** The onboarded merchants it administers. */
  readonly merchants: readonly string[]
  readonly operator: Operator['role'] | null
}

/** Who changes something with a server key, and when (epoch ms); leaves a row in the audit log. */
export interface Acting {
  readonly actor: string
  readonly at: number
}

/** What a PUT came to: what is there now, and whether it was not there before. */
export interface Put<Value> {
  readonly value: Value
  readonly made: boolean
}

/** The users and their roles. Changes are durable when they resolve; what waits in the inbox of somebody it is not meant for any more goes with them. */
export interface People {
  /** Of an unknown user: nothing at all. */
  standing(user: string): Promise<Standing>
  /** The user of a WeChat openid, made under the id `fresh` when there is none yet. */
  login(openid: string, fresh: string, at: number): Promise<string>
  /** Null when there is none. */
  merchant(id: string): Promise<Merchant | null>
  /** What is absent stays; a rider who may not be online any more is offline. */
  putRider(
    acting: Acting,
    rider: { readonly id: string; readonly status: RiderStatus; readonly region?: string },
  ): Promise<Put<Rider>>
  /** In the region it was last in when it names none. Refuses FORBIDDEN unless the user is an approved rider, and INVALID_REQUEST when no region is known. */
  goOnline(user: string, region: string | null): Promise<Rider>
  /** Refuses FORBIDDEN unless the user is an approved rider. */
  goOffline(user: string): Promise<Rider>
  /** Answers, beside the merchant, every user whose standing may have changed. */
  putMerchant(
    acting: Acting,
    merchant: Merchant,
  ): Promise<Put<Merchant> & { readonly touched: readonly string[] }>
  putOperator(acting: Acting, operator: Operator): Promise<Put<Operator>>
  /** Refuses NOT_FOUND when the user is no operator. */
  removeOperator(acting: Acting, id: string): Promise<void>
  /** The users a channel speaks to now: an approved rider, an onboarded merchant's administrators, an operator, every operator (`platform`), the online riders of a region; null when there is no such channel. */
  audience(channel: string): Promise<readonly string[] | null>
}
