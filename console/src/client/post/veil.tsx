import type { ModerationUI } from '@atproto/api'
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { reasonOf } from '../judge.js'

/** Keeps something out of sight, says why, and shows it to whoever wants to see it, unless nobody is to. */
export function Veil({ ui, what, children }: { ui: ModerationUI; what: string; children: ComponentChildren }) {
  const [isLifted, setLifted] = useState(false)
  if (!ui.blur) return <>{children}</>
  const reason = [...new Set(ui.blurs.map(reasonOf))].join(', ')
  return (
    <>
      <p class="veil">
        <span>
          {what}: {reason}
        </span>
        {ui.noOverride ? null : (
          <button type="button" aria-expanded={isLifted} onClick={() => setLifted(!isLifted)}>
            {isLifted ? 'Hide' : 'Show'}
          </button>
        )}
      </p>
      {isLifted ? children : null}
    </>
  )
}

/** What is to be known about something that is shown. */
export function Marks({ ui }: { ui: ModerationUI }) {
  const words = [...new Set([...ui.alerts, ...ui.informs].map(reasonOf))]
  if (words.length === 0) return null
  return (
    <p class="marks">
      {words.map((word) => (
        <span key={word} class="badge">
          {word}
        </span>
      ))}
    </p>
  )
}
