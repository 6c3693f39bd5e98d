import { unauthorized, type Verify } from '../../core/auth.ts'
import { idPattern } from './people.ts'

/** The user of the Bearer token of an HTTP request; refuses with 401. */
export async function caller(headers: Headers, verify: Verify): Promise<string> {
  const token = /^Bearer +(\S+)$/i.exec(headers.get('authorization') ?? '')?.[1] ?? null
  const { sub } = await verify(token, 'locallife')
  if (!idPattern.test(sub)) throw unauthorized()
  return sub
}
