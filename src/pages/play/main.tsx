import { render } from 'preact'
import { useState } from 'preact/hooks'
import { useWords } from '../common/language.tsx'
import { Backend } from './backend.tsx'
import { plain, Radios, Select } from './choices.tsx'
import { useDesk, type Desk } from './desk.ts'
import { Program } from './program.tsx'
import { unreachable } from './server.ts'
import { Say } from './say.tsx'
import { Tape } from './tape.tsx'
import { words as table, type Words } from './words.ts'

/** Says any command to any system, and shows what comes back. */
function Playground() {
  const { words, language, button } = useWords(table)
  const desk = useDesk()
  const [frame, composed] = useState('')
  const { scene } = desk
  document.title = `${words.title} · Fanfare`
  return (
    <>
      <header class="top">
        <h1>{words.title}</h1>
        <nav>
          <a href="/">{words.home}</a>
          <a href="/docs">{words.docs}</a>
          {button}
        </nav>
      </header>
      <p class="hint">{words.intro}</p>
      <Entrance desk={desk} words={words} />
      <div class="columns">
        {scene !== null && (
          <div class="left">
            <Say key={scene.session.role} {...{ desk, scene, frame, composed, words, language }} />
            <Backend key={scene.session.role} {...{ scene, words, language }} />
          </div>
        )}
        {scene !== null && (
          <div class="right">
            <Tape log={desk.log} words={words} />
            <Program
              words={words}
              setup={{
                origin: location.origin,
                session: scene.session,
                frame: frame === '' ? null : frame,
              }}
            />
          </div>
        )}
      </div>
    </>
  )
}

/** Chooses who to be, and connects. */
function Entrance({ desk, words }: { desk: Desk; words: Words }) {
  const { cast, system, role, standing, fault, alive } = desk
  const systems = cast?.systems ?? []
  const roles = systems.find((one) => one.system === system)?.roles ?? []
  const inside = standing === 'open' || standing === 'connecting'
  const called = (one: string) =>
    (system === 'crash' && words.players[one]) || (words.roles[one] ?? one)
  function submit(event: Event): void {
    event.preventDefault()
    if (inside) desk.close()
    else void desk.open()
  }
  return (
    <form class="card entrance" onSubmit={submit}>
      <Radios
        look="pills"
        label={words.system}
        name="system"
        options={plain(systems.map((one) => one.system))}
        value={system}
        change={(wished) => desk.choose(wished, '')}
      />
      <Select
        label={words.role}
        name="role"
        options={roles.map((value) => ({ value, text: called(value) }))}
        value={role}
        change={(wished) => desk.choose(system, wished)}
      />
      <button type="submit" name="connect" class={inside ? 'quiet' : ''} disabled={role === ''}>
        {inside ? words.disconnect : words.connect}
      </button>
      <label class="alive">
        <input
          type="checkbox"
          name="alive"
          checked={alive}
          onChange={({ currentTarget }) => desk.setAlive(currentTarget.checked)}
        />
        {words.alive}
      </label>
      <p role="status" class={`standing ${standing}`}>
        {words[standing]}
        {fault !== '' && (
          <span class="fault"> {fault === unreachable ? words.unreachable : fault}</span>
        )}
      </p>
    </form>
  )
}

render(<Playground />, document.getElementById('page')!)
