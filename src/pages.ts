import type { Hono } from 'hono'
import { packed } from './assets.ts'
import { frontOf } from './front.ts'
import { frontRoute, pageRoute } from './http/pages.ts'
import type { House } from './listeners.ts'
import { playRoutes } from './play/routes.ts'

/** Adds the pages for people: the one that leads to the others, and those of the systems that run. */
export function pagesOf(app: Hono, house: House): void {
  const { dev, docs, systems } = house.config
  frontRoute(app, () => frontOf(house))
  if (systems.includes('crash')) {
    pageRoute(app, '/crash', () => packed('crash.html'))
    pageRoute(app, '/crash/verify', () => packed('verify.html'))
  }
  if (!dev || !docs) return
  pageRoute(app, '/play', () => packed('play.html'))
  playRoutes(app, house)
}
