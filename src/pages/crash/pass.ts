import { answered } from '../common/answered.ts'
import { keep, readKept } from '../common/storage.ts'

/** Who plays: a token, and whether it is one for play money, which can be had again. */
export interface Pass {
  readonly token: string
  /** The player that play money is for; null with a token from elsewhere. */
  readonly playing: string | null
}

const kept = 'fanfare-crash'

/** The token behind `#token=` in the address, which is removed from there, else the one that this tab has kept; null without any. */
export function readPass(): Pass | null {
  const given = new URLSearchParams(location.hash.slice(1)).get('token')
  if (given !== null) {
    history.replaceState(null, '', location.pathname + location.search)
    if (given !== '') return keepPass({ token: given, playing: null })
  }
  try {
    const pass = JSON.parse(readKept('sessionStorage', kept) ?? 'null') as Pass | null
    return typeof pass?.token === 'string' ? pass : null
  } catch {
    return null
  }
}

/** Keeps a pass for as long as the tab is open, where the browser lets it; null forgets it. */
export function keepPass<Kept extends Pass | null>(pass: Kept): Kept {
  keep('sessionStorage', kept, pass === null ? null : JSON.stringify(pass))
  return pass
}

/** Whether a token has run out at `now` in epoch ms, or is about to; one that cannot be read is left for the server to judge. */
export function isStale({ token }: Pass, now: number): boolean {
  try {
    const claims = JSON.parse(atob(token.split('.')[1]!.replace(/-/g, '+').replace(/_/g, '/')))
    return claims.exp * 1_000 < now + 5_000
  } catch {
    return false
  }
}

/** Asks a development server for play money, again for the same player where one is named; throws what it says otherwise. */
export async function playMoney(player: string | null): Promise<Pass> {
  const answer = await fetch('/api/crash/test/tokens', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(player === null ? {} : { playerId: player }),
  })
  const { token, playerId } = await answered<{ token: string; playerId: string }>(answer)
  return { token, playing: playerId }
}
