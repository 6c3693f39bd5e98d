/** What a client says so that its line stays open, and how often. */
export interface Heartbeat {
  readonly frame: string
  readonly ms: number
}

/** Of systems whose clients have to speak up themselves. Elsewhere pongs do, which every WebSocket sends by itself. */
export const heartbeats: Readonly<Record<string, Heartbeat>> = {
  jive: { frame: '{"command":"Ping"}', ms: 20_000 },
  pledge: { frame: 'ping', ms: 8_000 },
}
