import { useState } from 'preact/hooks'
import { account } from '../api/account.js'
import { agent, refreshAccount } from '../api/session.js'
import { Field, Form, textOf } from '../ui/form.js'
import { FaultNotice, Notice } from '../ui/notice.js'
import { Section } from '../ui/page.js'
import { useAction } from '../ui/use-action.js'
import { SettingsFrame } from './settings-frame.js'

/** The address that codes go to. */
export default function EmailPage() {
  return (
    <SettingsFrame title="Email">
      <Confirm />
      <Section title="Another address">
        <Change />
      </Section>
    </SettingsFrame>
  )
}

function Confirm() {
  const { email, emailConfirmed } = account.value!
  const ask = useAction(() => agent.com.atproto.server.requestEmailConfirmation())
  const confirm = useAction(async (form: FormData) => {
    await agent.com.atproto.server.confirmEmail({ email: email!, token: textOf(form, 'code') })
    await refreshAccount()
  })
  if (emailConfirmed) return <Notice kind="good">{email} is confirmed.</Notice>
  return (
    <>
      <p>{email} is not confirmed yet. Without that, a code cannot help you when you have lost your password.</p>
      <p>
        <button type="button" onClick={() => void ask.run()} aria-disabled={ask.isRunning}>
          Send a code
        </button>
      </p>
      <FaultNotice fault={ask.fault} />
      {ask.isDone ? (
        <Form action={confirm} submit="Confirm the address">
          <Field label="The code that was sent to you" name="code" autocomplete="one-time-code" required />
        </Form>
      ) : null}
    </>
  )
}

function Change() {
  const [needsCode, setNeedsCode] = useState(false)
  const change = useAction(async (form: FormData) => {
    const token = textOf(form, 'code') || undefined
    if (token === undefined) {
      const { data } = await agent.com.atproto.server.requestEmailUpdate()
      if (data.tokenRequired) return setNeedsCode(true)
    }
    await agent.com.atproto.server.updateEmail({ email: textOf(form, 'email'), token })
    setNeedsCode(false)
    await refreshAccount()
  })
  return (
    <Form action={change} submit={needsCode ? 'Change the address' : 'Go on'} done={needsCode ? undefined : 'Done.'}>
      <Field label="New address" name="email" type="email" autocomplete="email" required />
      {needsCode ? (
        <Field
          label="Code"
          name="code"
          autocomplete="one-time-code"
          hint={`It was sent to ${account.value!.email}, the address that counts until now`}
          required
        />
      ) : null}
    </Form>
  )
}
