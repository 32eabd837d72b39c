import type { BskyPreferences, LabelPreference } from '@atproto/api'
import { SettingsFrame } from '../account/settings-frame.js'
import { agent } from '../api/session.js'
import { Choice, Field, Form, textOf, Tick } from '../ui/form.js'
import { Loaded } from '../ui/loaded.js'
import { FaultNotice } from '../ui/notice.js'
import { Section } from '../ui/page.js'
import { useAction } from '../ui/use-action.js'
import { type Load, useLoad } from '../ui/use-load.js'
import './client.css'
import { renewRules } from './judge.js'

type Preferences = BskyPreferences['moderationPrefs']

const LABELS = {
  porn: 'Adult content',
  sexual: 'Sexually suggestive',
  'graphic-media': 'Graphic media',
  nudity: 'Nudity',
}

const CHOICES: Record<LabelPreference, string> = {
  hide: 'Leave it out',
  warn: 'Ask before showing it',
  ignore: 'Show it',
}

/** What one wants to see of what others write. Other clients of the account go by the same. */
export default function SeeingPage() {
  const preferences = useLoad(async () => (await agent.getPreferences()).moderationPrefs, [])
  return (
    <SettingsFrame title="What you see">
      <Loaded of={preferences}>
        {(value) => (
          <>
            <Labels of={value} load={preferences} />
            <Section title="Muted words">
              <MutedWords of={value} load={preferences} />
            </Section>
          </>
        )}
      </Loaded>
    </SettingsFrame>
  )
}

/** Does something to the preferences, and has everything go by them from then on. */
function useChange<Input extends unknown[]>(load: Load<Preferences>, act: (...input: Input) => Promise<unknown>) {
  return useAction(async (...input: Input) => {
    try {
      await act(...input)
    } finally {
      // What was shown as changed and was refused is shown as it is.
      await load.reload()
    }
    await renewRules()
  })
}

function Labels({ of: preferences, load }: { of: Preferences; load: Load<Preferences> }) {
  const { adultContentEnabled, labels } = preferences
  const setAdult = useChange(load, (isOn: boolean) => {
    load.set({ ...preferences, adultContentEnabled: isOn })
    return agent.setAdultContentEnabled(isOn)
  })
  const setLabel = useChange(load, (label: string, choice: LabelPreference) => {
    load.set({ ...preferences, labels: { ...labels, [label]: choice } })
    return agent.setContentLabelPref(label, choice)
  })
  return (
    <>
      <Tick
        label="I am an adult, and may be shown what is for adults"
        checked={adultContentEnabled}
        onChange={(event) => void setAdult.run((event.currentTarget as HTMLInputElement).checked)}
      />
      {adultContentEnabled ? (
        Object.entries(LABELS).map(([label, words]) => (
          <Choice
            key={label}
            label={words}
            value={labels[label] ?? 'warn'}
            onChange={(event) => void setLabel.run(label, event.currentTarget.value as LabelPreference)}
          >
            {Object.entries(CHOICES).map(([choice, words]) => (
              <option key={choice} value={choice}>
                {words}
              </option>
            ))}
          </Choice>
        ))
      ) : (
        <p class="empty">Without that, posts with such labels are left out. Nudity that is not sexual is shown.</p>
      )}
      <FaultNotice fault={setAdult.fault ?? setLabel.fault} />
    </>
  )
}

function MutedWords({ of: { mutedWords }, load }: { of: Preferences; load: Load<Preferences> }) {
  const add = useChange(load, (form: FormData) =>
    agent.addMutedWord({ value: textOf(form, 'word'), targets: ['content', 'tag'], actorTarget: 'all' }),
  )
  const remove = useChange(load, (word: Preferences['mutedWords'][number]) => agent.removeMutedWord(word))
  return (
    <>
      <Form key={mutedWords.length} action={add} submit="Mute">
        <Field label="A word, or a tag" name="word" maxLength={100} required />
      </Form>
      <FaultNotice fault={remove.fault} />
      {mutedWords.length === 0 ? <p class="empty">None.</p> : null}
      <ul class="words">
        {mutedWords.map((word) => (
          <li key={word.id ?? word.value}>
            <bdi>{word.value}</bdi>{' '}
            <button
              type="button"
              class="quiet"
              aria-label={`Unmute ${word.value}`}
              onClick={() => void remove.run(word)}
            >
              Unmute
            </button>
          </li>
        ))}
      </ul>
    </>
  )
}
