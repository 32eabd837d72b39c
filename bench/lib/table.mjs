/** Lines of a table: the first column to the left, the others to the right, except those named in `left`. */
export function formatTable(headings, rows, left = [0]) {
  const lines = [headings, headings.map(() => ''), ...rows]
  const widths = headings.map((_, column) => Math.max(...lines.map((line) => line[column].length)))
  return lines
    .map((line, at) =>
      widths
        .map((width, column) => {
          if (at === 1) return '-'.repeat(width)
          return left.includes(column) ? line[column].padEnd(width) : line[column].padStart(width)
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
