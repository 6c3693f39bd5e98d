import type { Language } from '../common/language.tsx'
import type { Session } from './api.ts'
import type { Figures } from './figures.ts'
import type { Pulse } from './pulse.ts'
import type { Server } from './server.ts'
import type { Words } from './words.ts'

/** What every view works with. */
export interface Desk {
  readonly server: Server
  readonly words: Words
  readonly language: Language
  readonly figures: Figures
  readonly pulse: Pulse
  /** The systems that run, once that is known. */
  readonly systems: readonly string[]
  /** Whether the session has a scope; without it there is no button. */
  may(scope: Session['scopes'][number]): boolean
}
