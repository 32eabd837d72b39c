import { useState } from 'preact/hooks'
import { account } from '../api/account.js'
import { agent, refreshAccount } from '../api/session.js'
import { Field, Form, textOf } from '../ui/form.js'
import { FaultNotice } from '../ui/notice.js'
import { useAction } from '../ui/use-action.js'
import type { Factors } from './credentials-page.js'

/** A code by mail at every sign-in. Switching it off takes such a code. */
export function MailFactor({ email, onChange }: { email: Factors['email']; onChange: () => Promise<void> }) {
  const [needsCode, setNeedsCode] = useState(false)
  const change = async (on: boolean, token?: string): Promise<void> => {
    await agent.com.atproto.server.updateEmail({ email: account.value!.email!, emailAuthFactor: on, token })
    await refreshAccount()
    setNeedsCode(false)
    await onChange()
  }
  const begin = useAction(async () => {
    const { data } = await agent.com.atproto.server.requestEmailUpdate()
    if (data.tokenRequired) setNeedsCode(true)
    else await change(!email.on)
  })
  const finish = useAction((form: FormData) => change(!email.on, textOf(form, 'code')))
  if (!email.confirmed)
    return (
      <p>
        <a href="/settings/email">Confirm your address</a> first.
      </p>
    )
  return (
    <>
      <p>{email.on ? 'A code is sent to you at every sign-in.' : 'No code is sent to you when you sign in.'}</p>
      {needsCode ? (
        <Form action={finish} submit={email.on ? 'Switch off' : 'Switch on'}>
          <Field label="The code that was sent to you" name="code" autocomplete="one-time-code" required />
        </Form>
      ) : (
        <p>
          <button type="button" onClick={() => void begin.run()} aria-disabled={begin.isRunning}>
            {email.on ? 'Switch off' : 'Switch on'}
          </button>
        </p>
      )}
      <FaultNotice fault={begin.fault} />
    </>
  )
}
