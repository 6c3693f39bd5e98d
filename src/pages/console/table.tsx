import type { ComponentChildren } from 'preact'

/** A dense table that scrolls by itself where it is wider than the page. */
export function Table(props: {
  /** For who cannot see it. */
  label: string
  /** Null: it has none, since its rows name themselves. */
  heads: readonly string[] | null
  children: ComponentChildren
}) {
  const { label, heads, children } = props
  return (
    <div class="table" role="region" aria-label={label} tabIndex={0}>
      <table>
        {heads !== null && (
          <thead>
            <tr>
              {heads.map((head, index) => (
                <th key={index} scope="col">
                  {head}
                </th>
              ))}
            </tr>
          </thead>
        )}
        <tbody>{children}</tbody>
      </table>
    </div>
  )
}

/** Names and figures, a row each. */
export function Pairs(props: { label: string; rows: readonly (readonly [string, string])[] }) {
  const { label, rows } = props
  return (
    <Table label={label} heads={null}>
      {rows.map(([name, value]) => (
        <tr key={name}>
          <th scope="row">{name}</th>
          <td class="number">{value}</td>
        </tr>
      ))}
    </Table>
  )
}
