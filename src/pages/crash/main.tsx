import { render } from 'preact'
import { useState } from 'preact/hooks'
import { useWords } from '../common/language.tsx'
import { useStore } from '../common/use-store.ts'
import { Bar } from './bar.tsx'
import { createDesk } from './desk.ts'
import { Entrance } from './entrance.tsx'
import { Players, Results, Stats } from './lists.tsx'
import { Recent, Sky } from './sky.tsx'
import { SlotCards } from './slots.tsx'
import { words as table } from './words.ts'

/** The game. */
function Crash() {
  const { words, language, button } = useWords(table)
  const [desk] = useState(createDesk)
  const view = useStore(desk.view)
  const shared = { desk, view, words }
  return (
    <>
      <Bar {...shared} language={button} />
      <div class="floor">
        <div class="game">
          <Recent view={view} words={words} />
          <Sky {...shared} />
          <Entrance {...shared} />
          <SlotCards {...shared} language={language} />
        </div>
        <aside>
          <Players view={view} words={words} />
          <Results view={view} words={words} />
          <Stats view={view} words={words} />
        </aside>
      </div>
    </>
  )
}

render(<Crash />, document.getElementById('page')!)
