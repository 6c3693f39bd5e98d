/** Whether a tool that a test needs and does not find is a failure, not a skip. */
export const demanded = process.env['FANFARE_REQUIRE_ALL'] === '1'

/** A port of 127.0.0.1 that was free a moment ago, and is none that the system gives to whoever asks for any: other tests do that all the time. */
export function freePort(): number {
  for (;;) {
    const port = 11_000 + Math.floor(Math.random() * 20_000)
    try {
      Bun.listen({ hostname: '127.0.0.1', port, socket: { data() {} } }).stop(true)
      return port
    } catch {
      // Somebody has it.
    }
  }
}
