import type { Hono } from 'hono'
import type { Metrics } from '../core/metrics.ts'
import type { Check } from '../system.ts'

/** GET /healthz: the process answers. GET /readyz: each check with its state, 503 when one fails. */
export function healthRoutes(app: Hono, checks: Readonly<Record<string, Check>>): void {
  app.get('/healthz', ({ text }) => text('ok'))
  app.get('/readyz', async ({ json }) => {
    const states = await readiness(checks)
    const ready = states.every((one) => !one.fails)
    const told = states.map(({ name, state }) => [name, state])
    return json({ ready, checks: Object.fromEntries(told) }, ready ? 200 : 503)
  })
}

/** Each check with its state in words, and whether that keeps traffic away. */
export async function readiness(
  checks: Readonly<Record<string, Check>>,
): Promise<readonly { readonly name: string; readonly state: string; readonly fails: boolean }[]> {
  return Promise.all(
    Object.entries(checks).map(async ([name, check]) => {
      const fault = await check()
      // What is tolerated is told but fails nothing.
      const fails = typeof fault === 'string'
      return { name, state: fails ? fault : (fault?.tolerated ?? 'ok'), fails }
    }),
  )
}

/** Counts the answers of whatever routes the app gets after this, by status. */
export function countAnswers(app: Hono, metrics: Metrics): void {
  const answers = metrics.counter('http_answers_total', 'Answers over HTTP by status', ['status'])
  app.use(async (context, next) => {
    await next()
    answers(String(context.res.status)).inc()
  })
}

/** GET /metrics in the Prometheus text format, each check of /readyz among them; only for the internal listener. */
export function metricsRoute(
  app: Hono,
  metrics: Metrics,
  checks: Readonly<Record<string, Check>>,
): void {
  const ready = metrics.gauge('ready', 'Each check of /readyz: 1, or 0 when it fails', ['check'])
  app.get('/metrics', async ({ body }) => {
    for (const { name, fails } of await readiness(checks)) ready(name).set(fails ? 0 : 1)
    return body(metrics.text(), 200, {
      'content-type': 'text/plain; version=0.0.4; charset=utf-8',
    })
  })
}
