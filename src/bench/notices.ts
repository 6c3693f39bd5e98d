import type { Address } from './district.ts'
import type { Poster } from './post.ts'

/** How the riders and merchants of locallife, and who notifies them, speak to a server. */
export interface Notices {
  /** Whether it keeps what nobody has acknowledged, and tells it again. */
  readonly keeps: boolean
  /** Makes it know users 0 to `users` - 1, the riders approved and on duty. */
  settle(poster: Poster, users: number): Promise<void>
  /** The path with which a user listens to the notices for it. */
  path(user: number): string
  /** A whole HTTP request that publishes a notice. */
  request(to: Address, title: string, filling: string): string
}
