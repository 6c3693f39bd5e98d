import type { CloseReason } from './errors.ts'
import type { Message } from './store.ts'

/** What travels between nodes: a message for its channels, the end of connections, or another look at who listens to a channel. */
export type Delivery =
  /** `newest`: it takes the place of everything told in its channel before. */
  | { readonly message: Message; readonly newest?: true }
  | { readonly review: string }
  | { readonly close: CloseReason; readonly channel: string; readonly except?: string }
  | {
      readonly close: CloseReason
      readonly system: string
      readonly user: string
      readonly except?: string
    }

/** Carries deliveries to every node: at most once, in order per sender and channel; keeps nothing. */
export interface Broker {
  /** From now on `receive` gets every delivery, this node's own included. */
  start(receive: (delivery: Delivery) => void): Promise<void>
  /** This node has listeners on the channel. */
  listen(channel: string): void
  /** This node has no listener on the channel any more. */
  unlisten(channel: string): void
  publish(delivery: Delivery): void
  /** Why deliveries to other nodes fail at the moment, null when they work. */
  fault(): string | null
  stop(): Promise<void>
}
