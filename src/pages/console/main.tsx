import { render } from 'preact'

/** Shows and steers a running server. */
function Console() {
  return <h1>Console</h1>
}

render(<Console />, document.getElementById('page')!)
