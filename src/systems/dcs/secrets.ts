const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
/** Bytes from here on are thrown away: with them the first characters would come more often. */
const fair = 256 - (256 % alphabet.length)

/** What the id of a listen channel looks like. */
export const channelPattern = /^[0-9A-Za-z]{22}$/

/** The id of a listen channel: 22 characters, 131 random bits (D6). */
export function newChannel(): string {
  return base62(22)
}

/** What an API key looks like: 32 upper-case hex digits, as in D20. */
export const apiKeyPattern = /^[0-9A-F]{32}$/

/** The API key of a partner; it is no secret. */
export function newApiKey(): string {
  return crypto.randomUUID().replaceAll('-', '').toUpperCase()
}

/** The API secret of a partner: 43 characters, 256 random bits. */
export function newApiSecret(): string {
  return base62(43)
}

/** Random text over 62 characters, each as likely as the others. */
function base62(length: number): string {
  let text = ''
  while (text.length < length) {
    for (const byte of crypto.getRandomValues(new Uint8Array(length))) {
      if (byte < fair && text.length < length) text += alphabet[byte % alphabet.length]
    }
  }
  return text
}
