import type { AtpAgent } from '@atproto/api'
import { useState } from 'preact/hooks'
import { Dialog } from '../ui/dialog.js'
import { Field, Form, textOf } from '../ui/form.js'
import { Notice } from '../ui/notice.js'
import { useAction } from '../ui/use-action.js'
import { MOVE_STEPS, moveAccount, type MoveStep, type NewPlace } from './move.js'

const LABELS: Record<MoveStep, string> = {
  account: 'An account on the new server',
  repository: 'The repository',
  blobs: 'Images and other blobs',
  preferences: 'Preferences',
  identity: 'The identity: from here on the new server counts',
  activation: 'The new account is activated',
  deactivation: 'The old account is deactivated',
}

export interface Move {
  run(from: AtpAgent, to: AtpAgent, place: NewPlace): Promise<void>
  step: MoveStep | undefined
  blobs: { done: number; total: number } | undefined
  lost: string[]
  isDone: boolean
  /** The server waits for the code in a mail: this gives it, or null, which gives up. */
  answer: ((code: string | null) => void) | undefined
}

/** A move, and how far it has come. */
export function useMove(): Move {
  const [step, setStep] = useState<MoveStep>()
  const [blobs, setBlobs] = useState<{ done: number; total: number }>()
  const [lost, setLost] = useState<string[]>([])
  const [isDone, setDone] = useState(false)
  const [answer, setAnswer] = useState<(code: string | null) => void>()
  const [target, setTarget] = useState<{ to: AtpAgent; key: string }>()
  return {
    step,
    blobs,
    lost,
    isDone,
    answer,
    async run(from, to, place) {
      // Tried again, it goes on with the account that it has made.
      const key = `${to.serviceUrl.origin} ${place.handle}`
      const same = target?.key === key ? target.to : to
      setTarget({ to: same, key })
      const lost = await moveAccount(from, same, place, {
        onStep: setStep,
        onBlobs: (done, total) => setBlobs({ done, total }),
        askForCode: () =>
          new Promise<string>((resolve, reject) =>
            setAnswer(() => (code: string | null) => {
              setAnswer(undefined)
              if (code === null)
                reject(new Error('Without the code the identity stays where it is. Try again when you have it.'))
              else resolve(code)
            }),
          ),
      })
      setLost(lost)
      setDone(true)
    },
  }
}

/** The steps, and which of them is under way. */
export function Steps({ of: { step, blobs, lost, isDone } }: { of: Move }) {
  if (step === undefined) return null
  const at = MOVE_STEPS.indexOf(step)
  return (
    <>
      <ol aria-label="Steps" aria-live="polite">
        {MOVE_STEPS.map((name, i) => (
          <li key={name} aria-current={i === at && !isDone ? 'step' : undefined}>
            {LABELS[name]}
            {name === 'blobs' && blobs ? ` (${blobs.done} of ${blobs.total})` : ''}
            {i < at || isDone ? ' ✓' : i === at ? ' …' : ''}
          </li>
        ))}
      </ol>
      {lost.length > 0 ? (
        <Notice kind="note">The old server did not have {lost.length} of the blobs that records refer to.</Notice>
      ) : null}
    </>
  )
}

/** Asks for the code that the old server has sent. */
export function CodeDialog({ of: { answer } }: { of: Move }) {
  const action = useAction(async (form: FormData) => answer?.(textOf(form, 'code')))
  if (!answer) return null
  return (
    <Dialog title="Is it you?" onClose={() => answer(null)}>
      <p>The server that the account is on now has sent a code to your address. With it the identity moves.</p>
      <Form action={action} submit="Go on">
        <Field label="Code" name="code" autocomplete="one-time-code" required />
      </Form>
    </Dialog>
  )
}
