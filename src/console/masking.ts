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

/** The value of a field whose name speaks of a secret; its end may be cut off. */
const secretField =
  /("[\w-]*(?:token|secret|password|passwd|authorization|credential|api_?key|signature|cookie)[\w-]*"\s*:\s*")(?:[^"\\]|\\.)*("|\\?$)/gi
/** A signed token, a server key or the token of a session, wherever it stands. */
const bareSecret = /\beyJ[\w-]{6,}\.[\w.-]*|\bf[ks]_[\w-]{16,}/g
/** The id of a listen channel of dcs: whoever knows it may listen. */
const channelId = /(?<![0-9A-Za-z])[0-9A-Za-z]{22}(?![0-9A-Za-z])/g

/** Cuts and masks a frame or a message of a system. */
export function shown(frame: string | Uint8Array, system: string): Shown {
  const whole =
    typeof frame === 'string'
      ? frame.slice(0, mostRead)
      : new TextDecoder().decode(frame.subarray(0, mostRead))
  const masked = whole.replace(secretField, '$1***$2').replace(bareSecret, '***')
  const text = system === 'dcs' ? masked.replace(channelId, '***') : masked
  const cut = frame.length > mostRead || text.length > mostShown
  return { text: text.slice(0, mostShown).toWellFormed(), length: frame.length, cut }
}
