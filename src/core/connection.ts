import type { CloseReason } from './errors.ts'
import type { Frame, Identity } from './protocol.ts'

/** One client, as a system sees it. */
export interface Connection<Session = unknown> {
  readonly id: string
  readonly session: Session
  readonly user: string | undefined
  readonly dialect: string
  readonly address: string
  /** Epoch ms. */
  readonly openedAt: number
  /** Full names of the channels it listens to. */
  readonly channels: readonly string[]
  /** Sends to this client alone, after everything it was sent before. Nothing happens once it is closed. */
  send(frame: Frame): void
  close(reason: CloseReason): void
  /** The client has shown that it lives (for heartbeats that count only a ping). */
  alive(): void
  /** Re-keys limits, user and expiry after a later authentication. */
  identify(session: Session, identity: Identity): void
}
