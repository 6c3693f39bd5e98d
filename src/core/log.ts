export type Fields = Readonly<Record<string, string | number | boolean | null | undefined>>

/** Writes one line an entry. Never give it a token, a secret, a query string or a card number. */
export interface Log {
  trace(event: string, fields?: Fields): void
  debug(event: string, fields?: Fields): void
  info(event: string, fields?: Fields): void
  warn(event: string, fields?: Fields): void
  /** `error` is logged with its stack. */
  error(event: string, error: unknown, fields?: Fields): void
}
