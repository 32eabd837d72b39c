import { useState } from 'preact/hooks'
import { agent } from '../api/session.js'
import { Field, Form, secretOf, textOf } from '../ui/form.js'
import { Notice } from '../ui/notice.js'
import { Page } from '../ui/page.js'
import { useAction } from '../ui/use-action.js'

/** Another password for somebody who has forgotten theirs: a code goes to the address of the account. */
export default function ResetPasswordPage() {
  const [isAsked, setAsked] = useState(false)
  const ask = useAction(async (form: FormData) => {
    await agent.com.atproto.server.requestPasswordReset({ email: textOf(form, 'email') })
    setAsked(true)
  })
  const reset = useAction((form: FormData) =>
    agent.com.atproto.server.resetPassword({ token: textOf(form, 'code'), password: secretOf(form, 'password') }),
  )
  return (
    <Page title="Another password">
      {reset.isDone ? (
        <>
          <Notice kind="good">The password is changed, and every session has ended.</Notice>
          <p>
            <a href="/sign-in">Sign in</a>
          </p>
        </>
      ) : isAsked ? (
        <>
          <Notice kind="note">
            If there is an account with this address, a code is on its way to it. Without a mail server here, the
            operator can tell it to you.
          </Notice>
          <Form action={reset} submit="Change the password">
            <Field label="Code" name="code" autocomplete="one-time-code" required />
            <Field
              label="New password"
              name="password"
              type="password"
              autocomplete="new-password"
              minLength={8}
              required
            />
          </Form>
        </>
      ) : (
        <Form action={ask} submit="Send a code">
          <Field label="Email" name="email" type="email" autocomplete="email" required />
        </Form>
      )}
    </Page>
  )
}
