import { render } from 'preact'

/** Says any command to any system, and shows what comes back. */
function Playground() {
  return <h1>Playground</h1>
}

render(<Playground />, document.getElementById('page')!)
