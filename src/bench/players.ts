import { createAsking, type Circle, type Course } from './asking.ts'
import { createFlights } from './flights.ts'
import type { Link } from './link.ts'
import { playOf, refusalCode } from './play.ts'

/** What the clients of a process do as players of crash. */
export interface Players {
  /** Takes a text frame that came at `now` (µs); true when it says that the player has been let in. */
  take(link: Link, bytes: Uint8Array, start: number, end: number, now: number): boolean
  /** What the one who started the process may have them do. */
  readonly orders: Readonly<Record<string, (args: never) => unknown>>
}

/** Players that have done nothing yet. */
export function createPlayers(links: () => readonly Link[]): Players {
  const flights = createFlights()
  const asking = createAsking()
  return {
    take(link, bytes, start, end, now) {
      const play = playOf(bytes, start)
      if (play === 'change') link.changes++
      else if (play === 'tick') flights.tick(link, bytes, end, now)
      else if (play === 'answer') asking.answer(link, { now, refusal: null })
      else if (play === 'refusal') {
        asking.answer(link, { now, refusal: refusalCode(bytes, start, end) })
      }
      return play === 'welcome'
    },
    orders: {
      watch(span: Parameters<typeof flights.begin>[0]) {
        flights.begin(span)
        for (const link of links()) link.frames = 0
      },
      flown: () => flights.flown(links()),
      course: (course: Course) => asking.course(links(), course),
      circle: (circle: Circle) => asking.circle(links(), circle),
    },
  }
}
