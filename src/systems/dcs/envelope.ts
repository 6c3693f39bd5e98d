import { refusalResponse, type Refusal } from '../../core/errors.ts'

/** The answer to a partner (D5). It may hold the id of a channel, so nobody on the way may keep it. */
export function answered(data: string): Response {
  const body = { code: 'SYS_SUCCESS', message: null, messageDetail: null, data, success: true }
  return Response.json(body, { headers: { 'cache-control': 'no-store' } })
}

/** A refusal as partners read it (D5), with the status and the headers it has elsewhere. */
export function refused(refusal: Refusal): Response {
  const { code, message } = refusal
  const { status, headers } = refusalResponse(refusal)
  // It names a way to prove who one is that does not work here.
  headers.delete('www-authenticate')
  return Response.json({ code, message, success: false }, { status, headers })
}
