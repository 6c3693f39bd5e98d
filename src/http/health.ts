import type { Hono } from 'hono'
import type { Metrics } from '../core/metrics.ts'
import type { Check } from '../system.ts'

/** GET /healthz: the process answers. GET /readyz: each check with its state, 503 when one fails. */
export function healthRoutes(app: Hono, checks: Readonly<Record<string, Check>>): void {
  app.get('/healthz', ({ text }) => text('ok'))
  app.get('/readyz', async ({ json }) => {
    const states = await Promise.all(
      Object.entries(checks).map(async ([name, check]) => [name, await check()] as const),
    )
    const ready = states.every(([, fault]) => typeof fault !== 'string')
    const told = states.map(([name, fault]) => [name, textOf(fault)])
    return json({ ready, checks: Object.fromEntries(told) }, ready ? 200 : 503)
  })
}

function textOf(fault: Awaited<ReturnType<Check>>): string {
  if (fault === null) return 'ok'
  return typeof fault === 'string' ? fault : fault.tolerated
}

/** GET /metrics in the Prometheus text format; only for the internal listener. */
export function metricsRoute(app: Hono, metrics: Metrics): void {
  app.get('/metrics', ({ body }) =>
    body(metrics.text(), 200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }),
  )
}
