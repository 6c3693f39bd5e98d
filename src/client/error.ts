/** Why a request was not answered as hoped: a code of the server, or TIMEOUT or CLOSED of the client. */
export class RequestError extends Error {
  override readonly name = 'RequestError'
  constructor(
    readonly code: string,
    message: string,
    readonly details?: unknown,
  ) {
    super(message)
  }
}
