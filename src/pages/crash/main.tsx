import { render } from 'preact'

/** The game. */
function Crash() {
  return <h1>Crash</h1>
}

render(<Crash />, document.getElementById('page')!)
