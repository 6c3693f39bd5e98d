import type { Gaming, Settings } from './gaming.ts'
import type { Readings } from './metrics.ts'
import type { Notices } from './notices.ts'
import type { Poster } from './post.ts'

/** A message to publish: the topic by number, its title (which carries the stamp) and a filling. */
export interface Post {
  readonly topic: number
  readonly title: string
  readonly filling: string
}

/** A server that is measured, and how its clients speak to it. */
export interface Target {
  readonly name: 'bare' | 'fanfare'
  readonly host: string
  readonly port: number
  /** Its process; null when it is not known, and then CPU and memory are not told. */
  readonly pid: number | null
  /** Whether it greets a connection that is ready with a frame. */
  readonly greeting: boolean
  /** The path with which user number `user` listens to a topic and to one of its own. */
  path(user: number, topic: number): string
  /** A whole HTTP request that publishes the posts: one alone, or several as a batch. */
  request(posts: readonly Post[]): string
  /** A whole HTTP request with the server key, about a system's own affairs; an Error where there are none. */
  keyed(path: string, body: string, method?: 'POST' | 'PUT'): string
  /** The text frame of the cheapest command. */
  readonly command: string
  readonly notices: Notices
  readonly gaming: Gaming
  /** Where a client listens to the price of the exchange, if the server was started with one. */
  readonly pricePath: string
  /** What the server says of itself. */
  metrics(): Promise<Readings>
  stop(): Promise<void>
}

/** What a server is started with beyond the usual. */
export interface Needs {
  /** The REST address of the exchange whose prices it is to tell. */
  readonly upstream?: string | undefined
  /** How it is to play crash: then it is started in development mode, with play money. */
  readonly game?: Settings | undefined
  /** Further settings, by the names they have in the environment. */
  readonly settings?: Settings | undefined
}

/** Starts a server. */
export type Starter = (needs?: Needs) => Promise<Target>

/** Sends posts and makes sure that the server took them. */
export function publish(poster: Poster, target: Target, posts: readonly Post[]): Promise<void> {
  return send(poster, target, target.request(posts))
}

/** Sends a request that publishes and makes sure that the server took it. */
export async function send(poster: Poster, { name }: Target, request: string): Promise<void> {
  const { status, body } = await poster.send(request)
  if (status !== 200) throw new Error(`"${name}" refused a publish: ${status} ${body}`)
}

/** The data of a jive notification as it stands in the frame. */
export function notification({ title, filling }: Post): string {
  return `{"level":"info","title":"${title}","message":"${filling}"}`
}

/** Filling that makes a frame of about `bytes`. */
export function filling(bytes: number): string {
  const overhead = 80
  return 'x'.repeat(Math.max(1, bytes - overhead))
}

/** Whether a server answers /healthz. */
export async function isUp(url: URL): Promise<boolean> {
  try {
    return (await fetch(new URL('/healthz', url), { keepalive: false })).ok
  } catch {
    return false
  }
}
