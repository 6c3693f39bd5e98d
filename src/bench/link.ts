import type { Socket } from 'bun'
import { newWalk, type Walk } from './frames.ts'

/** One client connection of the bench. */
export interface Link {
  readonly path: string
  socket: Socket<Link> | null
  stage: 'closed' | 'connecting' | 'greeted' | 'ready'
  walk: Walk
  /** Bytes of the HTTP answer so far. */
  answer: string
  /** µs, monotonic: when the handshake or the last command began. */
  beganAt: number
  /** Stamped frames received, or multipliers that count. */
  frames: number
  /** The highest id of a notice received or stamp of a price, and id of a notice acknowledged, or the ms of flight of a multiplier; 0 for none. */
  newest: number
  acknowledged: number
  /** It was made to stop reading once. */
  straggles: boolean
  /** Prices that were old when they came, where it straggles. */
  old: number
  /** What happened to players of a game, as far as it heard. */
  changes: number
  /** Requests sent so far, and when those were (µs) that have no answer yet. */
  requests: number
  readonly asked: number[]
  settle: ((status: string) => void) | null
}

/** A connection that is still to be opened. */
export function newLink(path: string): Link {
  return {
    path,
    socket: null,
    stage: 'closed',
    walk: newWalk(),
    answer: '',
    beganAt: 0,
    frames: 0,
    newest: 0,
    acknowledged: 0,
    straggles: false,
    old: 0,
    changes: 0,
    requests: 0,
    asked: [],
    settle: null,
  }
}

/** The handshake of RFC 6455 as it goes over the wire; the key is the RFC's own sample. */
export function handshake(host: string, port: number, path: string): string {
  return [
    `GET ${path} HTTP/1.1`,
    `Host: ${host}:${port}`,
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    '\r\n',
  ].join('\r\n')
}

/** Reads the HTTP answer to a handshake; null while it is not complete, `rest` is what follows it. */
export function readAnswer(link: Link, bytes: Buffer): { status: string; rest: Buffer } | null {
  const before = link.answer.length
  link.answer += bytes.toString('latin1')
  const end = link.answer.indexOf('\r\n\r\n')
  if (end < 0) return null
  const status = link.answer.slice(9, 12)
  link.answer = ''
  return { status, rest: bytes.subarray(Math.max(0, end + 4 - before)) }
}
