import { Choice } from '../../ui/form.js'
import { languages } from './languages.js'
import type { Gate } from './publish.js'

const GATES: Record<Gate, string> = {
  everybody: 'Everybody',
  nobody: 'Nobody',
  mentioned: 'Who is mentioned',
  followed: 'Who I follow',
  followers: 'Who follows me',
}

const WARNINGS: Record<string, string> = {
  '': 'None',
  sexual: 'Suggestive',
  nudity: 'Nudity',
  porn: 'Adult content',
  'graphic-media': 'Graphic media',
}

/** What is said along with a post. Without `gate`, nothing is asked of who may reply. */
export function PostOptions({
  language,
  gate,
  warning,
  onLanguage,
  onGate,
  onWarning,
}: {
  language: string
  gate: Gate | undefined
  warning: string
  onLanguage: (tag: string) => void
  onGate: (gate: Gate) => void
  onWarning: (warning: string) => void
}) {
  const known = languages()
  return (
    <details class="options">
      <summary>Options</summary>
      <div class="row">
        <Choice label="Language" value={language} onChange={(event) => onLanguage(event.currentTarget.value)}>
          {known.map(({ tag, name }) => (
            <option key={tag} value={tag}>
              {name}
            </option>
          ))}
        </Choice>
        {gate ? (
          <Choice label="Who may reply" value={gate} onChange={(event) => onGate(event.currentTarget.value as Gate)}>
            {Object.entries(GATES).map(([value, words]) => (
              <option key={value} value={value}>
                {words}
              </option>
            ))}
          </Choice>
        ) : null}
        <Choice label="Content warning" value={warning} onChange={(event) => onWarning(event.currentTarget.value)}>
          {Object.entries(WARNINGS).map(([value, words]) => (
            <option key={value} value={value}>
              {words}
            </option>
          ))}
        </Choice>
      </div>
    </details>
  )
}
