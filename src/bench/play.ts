/** What a frame of crash is: a multiplier, what happened to a player, the answer to a request, a refusal, or the word that a player has been let in. */
export type Play = 'tick' | 'change' | 'answer' | 'refusal' | 'welcome' | 'other'

const idPlace = '{"i":"'.length
const eventDigits = '{"i":"evt-'.length
/** From the end of an id to the name of the type. */
const typeAfter = '","t":"'.length
const eventName = 'CRASH_'.length
const stampDigits = 13
const tailLength = stampDigits + '}}'.length
const stampName = ',"timestamp":'.length
const zero = 48
const [lowerA, lowerE] = [97, 101]
const [upperE, upperL, upperM, upperP, upperU] = [69, 76, 77, 80, 85]

/** Tells frames apart by a few bytes: ids of requests are numbers here, those of events `evt-` and a number, those of the first frames words (K2, R6, R18). */
export function playOf(bytes: Uint8Array, start: number): Play {
  const first = bytes[start + idPlace]!
  if (isDigit(first)) {
    const type = digitsEnd(bytes, start + idPlace) + typeAfter
    return bytes[type] === upperE ? 'refusal' : 'answer'
  }
  if (first === lowerA) return 'welcome'
  if (first !== lowerE) return 'other'
  const name = digitsEnd(bytes, start + eventDigits) + typeAfter + eventName
  const [one, two] = [bytes[name], bytes[name + 1]]
  if (one === upperM && two === upperU) return 'tick'
  return one === upperP && two === upperL ? 'change' : 'other'
}

/** A multiplier as crash tells it (K15); `at` in epoch ms. */
export function tickFrame(serial: number, elapsed: number, at: number): string {
  const multiplier = multiplierAt(elapsed).toFixed(2)
  const payload = `{"multiplier":${multiplier},"elapsedTime":${elapsed},"timestamp":${at}}`
  return `{"i":"evt-${serial}","t":"CRASH_MULTIPLIER_UPDATE","p":${payload}}`
}

/** What happened to a player as crash tells it (K16). */
export function changeFrame(serial: number, player: number, at: number): string {
  const bet = { slotId: 1, amount: '1.00', status: 'cashed_out', multiplier: 1.85 }
  const name = { playerId: `bench${player}`, nickname: `Bench ${player}` }
  const shown = { ...name, avatar: '', isAnonymous: false, bets: [bet] }
  const sums = { totalPlayers: 5_000, totalBets: '5500.00', timestamp: at }
  const payload = JSON.stringify({ action: 'CASHED_OUT', player: shown, ...sums })
  return `{"i":"evt-${serial}","t":"CRASH_PLAYER_UPDATE","p":${payload}}`
}

/** How fast multipliers rise where the bench plays: of the curve `exp:K`, a ms. */
export const growth = 0.00015

/** The multiplier after so many ms of flight, hundredths rounded down. */
export function multiplierAt(elapsed: number): number {
  return Math.floor(Math.exp(growth * elapsed) * 100) / 100
}

/** When the multiplier in a frame was told, epoch ms. */
export function tickedAt(bytes: Uint8Array, end: number): number {
  const first = end - tailLength
  return numberIn(bytes, first, first + stampDigits)
}

/** The ms of flight that the multiplier in a frame stands for. */
export function tickElapsed(bytes: Uint8Array, end: number): number {
  const last = end - tailLength - stampName
  let first = last
  while (isDigit(bytes[first - 1]!)) first--
  return numberIn(bytes, first, last)
}

/** The code in a refusal (K18). */
export function refusalCode(bytes: Uint8Array, start: number, end: number): string {
  const frame = Buffer.from(bytes.subarray(start, end)).toString()
  return /"code":"(\w+)"/.exec(frame)?.[1] ?? 'unreadable'
}

function isDigit(byte: number): boolean {
  return byte >= zero && byte <= zero + 9
}

function digitsEnd(bytes: Uint8Array, first: number): number {
  let at = first
  while (isDigit(bytes[at]!)) at++
  return at
}

function numberIn(bytes: Uint8Array, first: number, last: number): number {
  let value = 0
  for (let at = first; at < last; at++) value = value * 10 + bytes[at]! - zero
  return value
}
