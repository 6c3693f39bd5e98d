/** Whether a tool that a test needs and does not find is a failure, not a skip. */
export const demanded = process.env['FANFARE_REQUIRE_ALL'] === '1'

/** A port of 127.0.0.1 that was free a moment ago. */
export function freePort(): number {
  const listener = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } })
  listener.stop(true)
  return listener.port
}
