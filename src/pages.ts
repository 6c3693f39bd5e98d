import type { Hono } from 'hono'
import { packed } from './assets.ts'
import type { Config } from './config.ts'
import { pageRoute } from './http/pages.ts'

/** Adds the pages for people, those of the systems that run. */
export function pagesOf(app: Hono, { systems }: Config): void {
  if (systems.includes('crash')) pageRoute(app, '/crash/verify', () => packed('verify.html'))
}
