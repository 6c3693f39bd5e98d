import manifest from '../package.json' with { type: 'json' }

declare const FANFARE_VERSION: string
declare const FANFARE_COMMIT: string

/** Whether this is the built executable: `build.ts` defines version and commit into it. */
export const compiled = typeof FANFARE_VERSION === 'string'

/** `0.1.0` */
export const version: string = compiled ? FANFARE_VERSION : manifest.version

/** The commit this was built from; `dev` when it runs from its sources. */
export const commit: string = typeof FANFARE_COMMIT === 'string' ? FANFARE_COMMIT : 'dev'
