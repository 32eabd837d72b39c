import type { ComponentChildren } from 'preact'

/** Numbers that are seen at a glance, each under its name. */
export function Tiles({ of: tiles }: { of: Record<string, ComponentChildren> }) {
  return (
    <dl class="tiles">
      {Object.entries(tiles).map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}
