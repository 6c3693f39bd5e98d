import type { ServerWebSocket } from 'bun'
import { closeCodes, type CloseReason } from './errors.ts'
import type { Channel, Joining } from './channel.ts'
import { isDeflated } from './deflate.ts'
import type { Frame, Identity, Protocol } from './protocol.ts'
import { bucket, type Bucket } from './limiter.ts'
import type { Pace } from './pace.ts'
import type { Shards } from './spread.ts'
import type { Waiting } from './turn.ts'
import { isWatching, noteArrival, noteFrame } from './watch.ts'

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
  /** Sends a WebSocket ping; clients answer it by themselves. */
  ping(): void
  /** The client has shown that it lives (for heartbeats that count only a ping). */
  alive(): void
  /** Re-keys limits, user and expiry after a later authentication. */
  identify(session: Session, identity: Identity): void
}

/** The socket of a connection, as Bun hands it over. */
export type Socket = ServerWebSocket<LiveConnection>

/** What a connection is born with. */
export interface Birth {
  readonly serial: number
  readonly protocol: Protocol<unknown>
  readonly session: unknown
  readonly identity: Identity
  readonly dialect: string
  readonly address: string
  readonly openedAt: number
  /** Monotonic ms. */
  readonly heardAt: number
}

/** The connection with the parts that only the core touches. Fields are few: there are many of it. */
export class LiveConnection<Session = unknown> implements Connection<Session> {
  readonly serial: number
  readonly protocol: Protocol<unknown>
  readonly address: string
  readonly openedAt: number
  readonly dialect: string
  session: Session
  user: string | undefined
  /** Epoch ms; 0 for never. */
  expiresAt: number
  socket: Socket | null = null
  /** Why we closed it; null while it is open or when the client left by itself. */
  closing: CloseReason | null = null
  /** Monotonic ms of the last frame, the last sign of life and our last ping. */
  arrivedAt: number
  heardAt: number
  pingedAt: number
  /** What this client's frames wait for; null when the next one is taken at once. */
  work: 'opening' | 'command' | null = 'opening'
  waiting: Waiting | null = null
  readonly memberships: Channel[] = []
  joining: Joining | null = null
  pace: Pace | null = null
  /** Set once it listens to a hot channel. */
  shards: Shards | null = null
  readonly frames: Bucket
  badFrames = 0
  badSince = 0
  /** Called once when the socket has room again, or is gone. */
  roomy: (() => void) | null = null

  constructor(birth: Birth) {
    this.serial = birth.serial
    this.protocol = birth.protocol
    this.session = birth.session as Session
    this.dialect = birth.dialect
    this.address = birth.address
    this.openedAt = birth.openedAt
    this.arrivedAt = birth.heardAt
    this.heardAt = birth.heardAt
    this.pingedAt = birth.heardAt
    this.user = birth.identity.user
    this.expiresAt = birth.identity.expiresAt ?? 0
    this.frames = bucket(birth.heardAt)
  }

  get id(): string {
    return this.serial.toString(36)
  }

  /** Prefix of its keys in the limiter: the user's, so that sockets of one user share a rate. Not kept: most connections are silent. */
  get limitKey(): string {
    const { protocol, user, serial } = this
    return user === undefined ? `${protocol.name}#${serial}:` : `${protocol.name}/${user}:`
  }

  get channels(): readonly string[] {
    return this.memberships.map((channel) => channel.name)
  }

  send(frame: Frame): void {
    this.flush()
    this.write(frame)
  }

  /** Sends without waiting for what is on its way through hot channels: whoever writes much at once flushes first. */
  write(frame: Frame): void {
    this.socket?.send(frame, isDeflated(frame, this.protocol.compression))
    if (isWatching()) noteFrame(this, 'out', frame)
  }

  close(reason: CloseReason): void {
    if (this.closing !== null || this.socket === null) return
    this.flush()
    this.closing = reason
    const { code, reason: text } = closeCodes[reason]
    this.socket?.close(code, text)
  }

  /** Its pong brings back what it says. */
  ping(said?: string): void {
    this.flush()
    this.socket?.ping(said)
  }

  /** What it was told through hot channels and is still on its way leaves now, before something else goes to it. */
  flush(): void {
    this.shards?.flush(this)
  }

  alive(): void {
    this.heardAt = this.arrivedAt
  }

  identify(session: Session, { user, expiresAt }: Identity): void {
    this.session = session
    this.user = user
    this.expiresAt = expiresAt ?? 0
    noteArrival(this)
  }
}
