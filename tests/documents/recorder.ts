import type { Side } from '../../src/documents/told-wire.ts'

/** A frame that crossed the wire of a system. */
export interface Crossed {
  readonly system: string
  readonly side: Side
  readonly frame: string
}

/** Which system an address belongs to. */
const addresses: readonly (readonly [RegExp, string])[] = [
  [/\/jive\/ws/, 'jive'],
  [/\/crash\/ws/, 'crash'],
  [/\/v1\/(platform\/)?ws/, 'locallife'],
  [/\/api\/v21\/price|\/pledge\/ws/, 'pledge'],
  [/\/ws\/\w+/, 'dcs'],
]

/** Hands every frame of every WebSocket of this process to `note`, until the answered function is called. */
export function record(note: (crossed: Crossed) => void): () => void {
  const original = globalThis.WebSocket
  globalThis.WebSocket = class extends original {
    readonly system: string
    constructor(url: string, options?: Bun.WebSocketOptions) {
      super(url, options)
      this.system = addresses.find(([pattern]) => pattern.test(url))?.[1] ?? ''
      this.addEventListener('message', ({ data }) => this.note('server', String(data)))
    }
    note(side: Side, frame: string): void {
      if (this.system !== '') note({ system: this.system, side, frame })
    }
    override send(data: string): void {
      this.note('client', data)
      super.send(data)
    }
  } as typeof WebSocket
  return () => {
    globalThis.WebSocket = original
  }
}
