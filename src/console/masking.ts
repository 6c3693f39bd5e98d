/** Text that somebody looks at, secrets in it masked. */
export interface Shown {
  /** At most 2,048 characters. */
  readonly text: string
  /** Length of the whole. */
  readonly length: number
  readonly cut: boolean
}

const mostShown = 2_048
/** So much is looked at: what is masked becomes shorter. */
const mostRead = 8_192

/** The value of a field whose name speaks of a secret, also where its JSON stands in a string; its end may be cut off. Names have a limit, or whoever sends a long one would make each look at it slow. */
const secretField =
  /("[\w-]{0,64}(?:token|secret|password|passwd|authorization|credential|api_?key|signature|cookie)[\w-]{0,64}\\{0,3}"\s*:\s*\\{0,3}")(?:[^"\\]|\\.)*("|\\?$)/gi
/** The same in the query of an address. */
const secretQuery = /([?&][\w-]{0,64}(?:token|secret|password|key|signature)=)[^\s"'&#\\]+/gi
/** A signed token, a server key or the token of a session, wherever it stands. */
const bareSecret = /\beyJ[\w-]{6,1024}\.[\w.-]*|\bf[ks]_[\w-]{16,}/g
/** The id of a listen channel of dcs: whoever knows it may listen. */
const channelId = /(?<![0-9A-Za-z])[0-9A-Za-z]{22}(?![0-9A-Za-z])/g

/** What was asked for last: many may look at one frame. */
let last: { readonly frame: string; readonly system: string; readonly shown: Shown } | null = null

/** Cuts and masks a frame or a message of a system. */
export function shown(frame: string | Uint8Array, system: string): Shown {
  // Bytes may have changed under the same name.
  if (typeof frame !== 'string') return maskedOf(frame, system)
  if (frame !== last?.frame || system !== last.system) {
    last = { frame, system, shown: maskedOf(frame, system) }
  }
  return last.shown
}

function maskedOf(frame: string | Uint8Array, system: string): Shown {
  const whole =
    typeof frame === 'string'
      ? frame.slice(0, mostRead)
      : new TextDecoder().decode(frame.subarray(0, mostRead))
  const masked = whole
    .replace(secretField, '$1***$2')
    .replace(secretQuery, '$1***')
    .replace(bareSecret, '***')
  const text = system === 'dcs' ? masked.replace(channelId, '***') : masked
  const cut = frame.length > mostRead || text.length > mostShown
  return { text: text.slice(0, mostShown).toWellFormed(), length: frame.length, cut }
}
