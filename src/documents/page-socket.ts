import { html } from 'hono/html'
import type { AsyncApi } from './asyncapi.ts'
import { fieldsTable } from './fields.ts'
import { inline, markdown, table, type Html } from './markdown.ts'
import { sample } from './page-http.ts'
import type { AsyncapiMessage } from './told-wire.ts'

/** The frames of a system: where to connect, how to live with it, then what clients send and what they hear. */
export function socketSection(document: AsyncApi, system: string): Html {
  const { info, channels, components } = document
  const messages = Object.entries(components.messages)
  const sides = [
    ['client', 'Clients send'],
    ['server', 'Clients hear'],
  ] as const
  const addresses = Object.values(channels).map(({ address, description }) => [
    html`<code>${String(address)}</code>`,
    inline(String(description ?? '')),
  ])
  return html`<h3 id="${system}-websocket">WebSocket</h3>
    ${table(['address', 'for'], addresses)}${markdown(String(info['description'] ?? ''))}${sides.map(
      ([side, title]) =>
        html`<h4 id="${system}-${side}">${title}</h4>
          ${messages
            .filter(([key]) => key.startsWith(`${side}.`))
            .map(([key, message]) => frame(`${system}.${key}`, message, document))}`,
    )}`
}

function frame(id: string, message: AsyncapiMessage, { components }: AsyncApi): Html {
  const { name, summary, description, payload, examples } = message
  return html`<details id="${id}">
    <summary><code>${name}</code> ${inline(summary)}</summary>
    ${markdown(description)}${fieldsTable(payload, components.schemas)}${examples.map(
      ({ payload: one }) => sample(one),
    )}
  </details> `
}
