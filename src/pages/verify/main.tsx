import { render } from 'preact'

/** Recomputes a round in the browser. */
function Verify() {
  return <h1>Verify a round</h1>
}

render(<Verify />, document.getElementById('page')!)
