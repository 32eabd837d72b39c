import { useLocation } from 'preact-iso'
import { useEffect, useState } from 'preact/hooks'
import { Fault } from '../api/fault.js'
import { signIn } from '../api/session.js'
import { wayBack } from '../app/way-back.js'
import { Field, Form, secretOf, textOf } from '../ui/form.js'
import { Notice } from '../ui/notice.js'
import { Page } from '../ui/page.js'
import { useAction } from '../ui/use-action.js'

/** Begins a session. A second factor is asked for when the server wants one. */
export default function SignInPage() {
  const { route, query } = useLocation()
  const [needsCode, setNeedsCode] = useState(false)
  useEffect(() => {
    if (needsCode) document.querySelector<HTMLInputElement>('input[name=code]')?.focus()
  }, [needsCode])
  const action = useAction(async (form: FormData) => {
    try {
      await signIn(textOf(form, 'identifier').replace(/^@/, ''), secretOf(form, 'password'), textOf(form, 'code'))
    } catch (error) {
      if (Fault.of(error).error === 'AuthFactorTokenRequired') setNeedsCode(true)
      throw error
    }
    // Back leads to where one came from, not to this form.
    route(wayBack(query.back), true)
  })
  return (
    <Page title="Sign in">
      {query.ended === undefined ? null : <Notice kind="note">Your session has ended. Sign in again to go on.</Notice>}
      <Form action={action} submit="Sign in">
        <Field
          label="Handle or email"
          name="identifier"
          autocomplete="username"
          autocapitalize="none"
          spellcheck={false}
          // Another account may need none.
          onInput={() => setNeedsCode(false)}
          required
        />
        <Field label="Password" name="password" type="password" autocomplete="current-password" required />
        {needsCode ? (
          <Field
            label="Code"
            name="code"
            autocomplete="one-time-code"
            hint="From your mail, your authenticator app, or one of your backup codes"
            required
          />
        ) : null}
      </Form>
      <p>
        <a href="/reset-password">Forgotten the password?</a> · <a href="/sign-up">Sign up</a> ·{' '}
        <a href="/operator">For the operator</a>
      </p>
    </Page>
  )
}
