import { useState } from 'preact/hooks'
import { useAnswer } from './answer.ts'
import type { Desk } from './desk.ts'
import { Fault, Text } from './parts.tsx'
import { Recipe } from './recipe.tsx'
import type { ConfigValues } from './reports.ts'
import { meaningOf, originText } from './sayings.ts'
import { Table } from './table.tsx'

const path = '/api/console/config'

/** A setting as it is shown. */
type Told = ConfigValues['values'][number] & { readonly from: string; readonly meaning: string }

/** Every setting with its value and where that comes from; secrets are hidden by the server. */
export function Configuration({ desk }: { desk: Desk }) {
  const { words, figures } = desk
  const [wanted, setWanted] = useState('')
  const [changed, setChanged] = useState(false)
  const { value, fault } = useAnswer<ConfigValues>(desk.server, path)
  const { sayings } = words
  const all = (value?.values ?? []).map((one) => ({
    ...one,
    from: originText(sayings, one.origin),
    meaning: meaningOf(sayings, one.path, one.description),
  }))
  const word = wanted.trim().toLowerCase()
  const shown = all.filter(
    (one) =>
      (!changed || one.origin !== 'default') &&
      `${one.path} ${textOf(one.value)} ${one.origin} ${one.from} ${one.meaning}`
        .toLowerCase()
        .includes(word),
  )
  return (
    <>
      <div class="search">
        <Text label={words.search} name="search" value={wanted} change={setWanted} />
        <label class="check">
          <input
            type="checkbox"
            checked={changed}
            onChange={({ currentTarget }) => setChanged(currentTarget.checked)}
          />
          {words.onlyChanged}
        </label>
      </div>
      <Fault words={words} fault={fault} />
      {shown.length > 0 && <Settings desk={desk} shown={shown} />}
      {value !== null && (
        <p class="quiet">{words.shownOf(figures.count(shown.length), figures.count(all.length))}</p>
      )}
      <Recipe desk={desk} command={{ path, cli: 'config show --origin' }} />
    </>
  )
}

function Settings({ desk, shown }: { desk: Desk; shown: readonly Told[] }) {
  const { words } = desk
  return (
    <Table
      label={words.configuration}
      heads={[words.setting, words.value, words.origin, words.meaning]}
    >
      {shown.map((one) => (
        <tr key={one.path} class={one.origin === 'default' ? undefined : 'changed'}>
          <th scope="row">{one.path}</th>
          <td class="wide">
            <code>{textOf(one.value)}</code>
          </td>
          <td>{one.from}</td>
          <td class="wide">{one.meaning}</td>
        </tr>
      ))}
    </Table>
  )
}

function textOf(value: unknown): string {
  if (value === null) return '–'
  return typeof value === 'string' ? value : JSON.stringify(value)
}
