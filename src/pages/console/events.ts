/** Reads the events of a body to its end; `alive` is called for whatever comes. */
export async function readEvents(
  body: ReadableStream<Uint8Array>,
  event: (name: string, data: unknown) => void,
  alive: () => void,
): Promise<void> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let rest = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    alive()
    const parts = (rest + decoder.decode(value, { stream: true })).split('\n\n')
    rest = parts.pop()!
    for (const part of parts) {
      const [, name, data] = /^event: (\w+)\ndata: (.*)$/.exec(part) ?? []
      if (name !== undefined) event(name, JSON.parse(data!))
    }
  }
}
