/** Of systems whose clients have to speak up themselves: what they say, and how often. Elsewhere pongs do, which every WebSocket sends by itself. */
export const heartbeats: Readonly<Record<string, { readonly frame: string; readonly ms: number }>> =
  {
    jive: { frame: '{"command":"Ping"}', ms: 20_000 },
    pledge: { frame: 'ping', ms: 8_000 },
  }
