import { RequestError } from '../../client/error.ts'

/** Why something did not work. */
export interface Trouble {
  /** Of the refusal; `NONE` where no answer came, empty where it is a fault of the page. */
  readonly code: string
  /** In English, as the server said it. */
  readonly text: string
}

/** What went wrong, with the fields it is about. */
export function troubleOf(error: unknown): Trouble {
  if (!(error instanceof RequestError)) {
    // What fetch throws when nobody answers.
    const code = error instanceof TypeError ? 'NONE' : ''
    return { code, text: error instanceof Error ? error.message : `${error}` }
  }
  const { code, message, details } = error
  const fields = Array.isArray(details)
    ? (details as { path?: string; message?: string }[])
        .map(({ path, message: why }) => `${path}: ${why}`)
        // The message of a refusal names the first field itself.
        .filter((field) => !message.includes(field))
    : []
  return { code, text: [`${code}: ${message}`, ...fields].join('; ') }
}
