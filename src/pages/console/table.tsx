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
