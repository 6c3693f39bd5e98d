/** An answer as it came over the wire. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: string
}

/** What stands above the body of an answer, without the empty line at its end. */
export function headOf(head: string): Pick<Answer, 'status' | 'headers'> {
  const [first = '', ...fields] = head.split('\r\n')
  const headers = new Headers()
  for (const field of fields) {
    const colon = field.indexOf(':')
    headers.append(field.slice(0, colon), field.slice(colon + 1).trim())
  }
  return { status: Number(first.split(' ')[1]), headers }
}

/** A handshake as plain bytes, so that it can be wrong; given headers replace the good ones. The socket is left open on 101. */
export function rawHandshake(
  url: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const { hostname, port } = new URL(url)
  const lines = {
    host: 'test',
    upgrade: 'websocket',
    connection: 'Upgrade',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'sec-websocket-version': '13',
    ...headers,
  }
  const text = Object.entries(lines).map(([name, value]) => `${name}: ${value}\r\n`)
  return new Promise((resolve, reject) => {
    let received = ''
    const answer = (socket: { end(): void }) => {
      const [head = '', ...rest] = received.split('\r\n\r\n')
      const answered = headOf(head)
      const { status } = answered
      const body = rest.join('\r\n\r\n')
      const length = Number(answered.headers.get('content-length') ?? 0)
      if (status > 0 && rest.length > 0 && body.length >= length) {
        resolve({ ...answered, body })
        if (status !== 101) socket.end()
      }
    }
    void Bun.connect({
      hostname,
      port: Number(port),
      socket: {
        open: (socket) => void socket.write(`GET ${path} HTTP/1.1\r\n${text.join('')}\r\n`),
        data(socket, chunk) {
          received += chunk.toString('latin1')
          answer(socket)
        },
        close: () => reject(new Error(`closed after ${JSON.stringify(received)}`)),
        error: (_, error) => reject(error),
      },
    }).catch(reject)
  })
}
