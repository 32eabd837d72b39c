import type { ComponentChildren } from 'preact'

export interface Column<Row> {
  name: string
  cell: (row: Row) => ComponentChildren
  /** Stands at the right, digits under digits. */
  isNumber?: boolean
}

/** Rows of one kind. `label` says of what; `keyOf` tells them apart. Wider than the window, it is scrolled for itself. */
export function Table<Row>({
  label,
  rows,
  columns,
  keyOf,
  empty,
}: {
  label: string
  rows: readonly Row[]
  columns: readonly Column<Row>[]
  keyOf: (row: Row) => string | number
  empty: string
}) {
  if (rows.length === 0) return <p class="empty">{empty}</p>
  return (
    <div class="scroll" role="region" aria-label={label} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {columns.map(({ name, isNumber }) => (
              <th key={name} scope="col" class={isNumber ? 'number' : undefined}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map(({ name, cell, isNumber }) => (
                <td key={name} class={isNumber ? 'number' : undefined}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
