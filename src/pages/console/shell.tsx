import type { ComponentChildren } from 'preact'
import { useMemo } from 'preact/hooks'
import type { Language } from '../common/language.tsx'
import type { Session } from './api.ts'
import { Channels } from './channels.tsx'
import { Configuration } from './configuration.tsx'
import { Connections } from './connections.tsx'
import { Crash } from './crash.tsx'
import { Deliveries } from './deliveries.tsx'
import type { Desk } from './desk.ts'
import { figuresOf } from './figures.ts'
import { Live } from './live.tsx'
import { Logs } from './logs.tsx'
import { Overview } from './overview.tsx'
import { usePulse } from './pulse.ts'
import { hashOf, useRoute, type Route } from './route.ts'
import type { Server } from './server.ts'
import { Status } from './status.tsx'
import { views } from './views.ts'
import type { Words } from './words.ts'

/** The console of somebody who is logged in: tabs, and the view of the one that is chosen. */
export function Shell(props: {
  server: Server
  session: Session
  words: Words
  language: Language
  button: ComponentChildren
  leave: () => void
}) {
  const { server, session, words, language, button, leave } = props
  const pulse = usePulse(server)
  const route = useRoute()
  const figures = useMemo(() => figuresOf(language), [language])
  const names = Object.keys(pulse.overview?.connections ?? {}).join()
  const systems = useMemo(() => names.split(',').filter((name) => name !== ''), [names])
  const may: Desk['may'] = (scope) => session.scopes.includes(scope)
  const desk: Desk = { server, words, language, figures, pulse, systems, may }
  return (
    <>
      <header class="bar">
        <h1>
          Fanfare <small>{pulse.overview?.version}</small>
        </h1>
        <Status desk={desk} state={pulse.state} note={pulse.note} />
        <span class="who">
          {session.name}
          {session.role === 'read' && ` (${words.readOnly})`}
        </span>
        {button}
        <button type="button" class="secondary" onClick={leave}>
          {words.logOut}
        </button>
      </header>
      <nav class="tabs" aria-label={words.views}>
        {views.map((view) => (
          <a key={view} href={hashOf(view)} aria-current={view === route.view ? 'page' : undefined}>
            {words.tabs[view]}
          </a>
        ))}
      </nav>
      <section class="view" aria-label={words.tabs[route.view]}>
        <Chosen desk={desk} route={route} />
      </section>
    </>
  )
}

function Chosen({ desk, route }: { desk: Desk; route: Route }) {
  switch (route.view) {
    case 'overview':
      return <Overview desk={desk} />
    case 'connections':
      return <Connections key={route.query.toString()} desk={desk} route={route} />
    case 'channels':
      return <Channels desk={desk} route={route} />
    case 'live':
      return <Live desk={desk} route={route} />
    case 'deliveries':
      return <Deliveries desk={desk} route={route} />
    case 'crash':
      return <Crash desk={desk} />
    case 'logs':
      return <Logs desk={desk} />
    case 'configuration':
      return <Configuration desk={desk} />
  }
}
