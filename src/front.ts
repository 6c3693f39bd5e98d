import { html } from 'hono/html'
import { packed } from './assets.ts'
import type { House } from './listeners.ts'
import { words, type Words } from './pages/front/words.ts'
import { version } from './version.ts'

type Html = ReturnType<typeof html>

/** The front page of a server, packed. Strangers are shown no more than they could find: the version where the documents tell it, and only in development the systems with their addresses. */
export async function frontOf(house: House): Promise<Uint8Array<ArrayBuffer>> {
  const page = new TextDecoder().decode(Bun.gunzipSync(await packed('front.html')))
  const shown = String(await bodyOf(house))
  return Bun.gzipSync(page.replace('</main>', (end) => `${shown}${end}`))
}

function bodyOf(house: House): Html {
  const { dev, docs } = house.config
  return html`<header>
      <h1>Fanfare ${docs || dev ? html`<small>${version}</small>` : ''}</h1>
      <button type="button" class="language" hidden></button>
    </header>
    <p>${both(({ what }) => what)}</p>
    ${dev ? html`<p class="quiet">${both((one) => one.dev)}</p>` : ''}
    <ul class="ways">
      ${waysOf(house).map(way)}
    </ul>
    ${dev ? systemsOf(house) : ''}`
}

/** The pages there are, in the order in which a newcomer wants them. */
function waysOf({ config: { dev, docs, systems } }: House): readonly string[] {
  return [
    ...(dev && docs ? ['/play'] : []),
    ...(docs ? ['/docs'] : []),
    ...(systems.includes('crash') ? ['/crash', '/crash/verify'] : []),
    '/console',
  ]
}

function way(path: string): Html {
  return html`<li>
    <a href="${path}">
      <strong>${both(({ ways }) => ways[path]?.[0])}</strong>
      <p>${both(({ ways }) => ways[path]?.[1])}</p>
    </a>
  </li>`
}

function systemsOf({ config: { docs }, systems }: House): Html {
  const all = systems.map(
    ({ name, paths }) =>
      html`<li>
        <h3>${name}</h3>
        <p>${both((one) => one.systems[name])}</p>
        ${paths.shared.map((path) => html`<code>${path.replace(/:(\w+)/g, '{$1}')}</code>`)}
        ${docs ? html`<a href="/play#${name}">${both(({ play }) => play)}</a>` : ''}
        ${docs ? html`<a href="/docs#${name}">${both((one) => one.docs)}</a>` : ''}
      </li>`,
  )
  return html`<h2>${both(({ running }) => running)}</h2>
    <p class="quiet">${both(({ addresses }) => addresses)}</p>
    <ul class="systems">
      ${all}
    </ul>`
}

/** A text in both languages; the style of the page hides one of them. */
function both(text: (words: Words) => string | undefined): Html {
  return html`<span lang="en">${text(words.en)}</span><span lang="zh">${text(words.zh)}</span>`
}
