import type { Hono } from 'hono'
import type { Metrics } from '../core/metrics.ts'

/** One thing that has to work before traffic should come: `null`, or why it does not work. */
export type Check = () => string | null | Promise<string | null>

/** GET /healthz: the process answers. GET /readyz: each check with its state, 503 when one fails. */
export function healthRoutes(app: Hono, checks: Readonly<Record<string, Check>>): void {
  app.get('/healthz', ({ text }) => text('ok'))
  app.get('/readyz', async ({ json }) => {
    const states = await Promise.all(
      Object.entries(checks).map(async ([name, check]) => [name, await check()] as const),
    )
    const ready = states.every(([, fault]) => fault === null)
    const told = states.map(([name, fault]) => [name, fault ?? 'ok'])
    return json({ ready, checks: Object.fromEntries(told) }, ready ? 200 : 503)
  })
}

/** GET /metrics in the Prometheus text format; only for the internal listener. */
export function metricsRoute(app: Hono, metrics: Metrics): void {
  app.get('/metrics', ({ body }) =>
    body(metrics.text(), 200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }),
  )
}
