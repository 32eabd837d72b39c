import { own } from '../api/own.js'
import { Field, Form, secretOf } from '../ui/form.js'
import { Loaded } from '../ui/loaded.js'
import { Section } from '../ui/page.js'
import { useAction } from '../ui/use-action.js'
import { useLoad } from '../ui/use-load.js'
import { AuthenticatorApp } from './authenticator-app.js'
import { MailFactor } from './mail-factor.js'
import { SettingsFrame } from './settings-frame.js'

/** What a sign-in needs besides the password, as the server tells it. */
export interface Factors {
  email: { on: boolean; confirmed: boolean }
  totp: { on: false } | { on: true; backupCodesLeft: number; since: number }
}

/** The password, and what is asked for beside it. */
export default function CredentialsPage() {
  return (
    <SettingsFrame title="Password and codes">
      <Section title="Password">
        <Password />
      </Section>
      <SecondFactors />
    </SettingsFrame>
  )
}

function Password() {
  const action = useAction((form: FormData) =>
    own('/account/password', { current: secretOf(form, 'current'), new: secretOf(form, 'new') }),
  )
  return (
    <Form action={action} submit="Change the password" done="Changed. Every other session has ended.">
      <Field label="Present password" name="current" type="password" autocomplete="current-password" required />
      <Field label="New password" name="new" type="password" autocomplete="new-password" minLength={8} required />
    </Form>
  )
}

function SecondFactors() {
  const factors = useLoad(() => own<Factors>('/account/factors'), [])
  return (
    <Loaded of={factors}>
      {({ email, totp }) => (
        <>
          <Section title="Authenticator app">
            <AuthenticatorApp totp={totp} onChange={factors.reload} />
          </Section>
          <Section title="Codes by mail">
            <MailFactor email={email} onChange={factors.reload} />
          </Section>
        </>
      )}
    </Loaded>
  )
}
