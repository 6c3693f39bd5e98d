import { html, raw } from 'hono/html'
import type { AsyncApi } from './asyncapi.ts'
import { inline, markdown, type Html } from './markdown.ts'
import type { OpenApi } from './openapi.ts'
import { httpSection } from './page-http.ts'
import { socketSection } from './page-socket.ts'
import style from './page.css' with { type: 'text' }

/** The style of the page; it is named by its hash where the page is served. */
export const pageStyle = style

/** One page that tells of every route and every frame, with nothing in it that has to be loaded or run; `front`: it leads back to the front page. The loop is free after each system: all of it takes as long as a frame of a game. */
export async function pageOf(
  openapi: OpenApi,
  asyncapis: ReadonlyMap<string, AsyncApi>,
  front: boolean,
): Promise<string> {
  const { info, tags } = openapi
  const sections: Html[] = []
  for (const tag of tags) {
    sections.push(section(tag, openapi, asyncapis.get(tag.name)))
    await new Promise((resolve) => void setImmediate(resolve))
  }
  const page: Html = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>Fanfare ${String(info['version'])}</title>
        <link rel="icon" href="data:," />
        ${raw(`<style>${pageStyle}</style>`)}
      </head>
      <body>
        <header>
          <h1>Fanfare <small>${String(info['version'])}</small></h1>
          ${front ? html`<a href="./">Front page</a>` : ''}
          <nav aria-label="Systems">
            ${tags.map(({ name }) => html`<a href="#${name}">${name}</a> `)}
          </nav>
        </header>
        <main>
          ${markdown(String(info['description']))}
          <p>
            For machines: <a href="openapi.json">openapi.json</a>${[...asyncapis.keys()].map(
              (name) => html`, <a href="asyncapi/${name}.json">asyncapi/${name}.json</a>`,
            )}
          </p>
          ${secrets(openapi)}${sections}
        </main>
      </body>
    </html> `
  return String(page)
}

function section(
  { name, description }: OpenApi['tags'][number],
  openapi: OpenApi,
  asyncapi: AsyncApi | undefined,
): Html {
  return html`<section id="${name}" aria-label="${name}">
    <h2>${name}</h2>
    <p>${inline(description)}.</p>
    ${httpSection(openapi, name)}${asyncapi === undefined ? '' : socketSection(asyncapi, name)}
  </section> `
}

/** What callers show, each with where it comes from. */
function secrets({ components }: OpenApi): Html {
  const all = Object.entries(components.securitySchemes)
  return html`<details id="secrets">
    <summary>What callers show</summary>
    <dl>
      ${all.map(
        ([name, { description, name: header }]) =>
          html`<dt>${typeof header === 'string' ? html`<code>${header}</code>` : name}</dt>
            <dd>${inline(String(description))}</dd> `,
      )}
    </dl>
  </details> `
}
