import type { ComAtprotoServerDescribeServer } from '@atproto/api'
import { useLocation } from 'preact-iso'
import { query } from '../api/call.js'
import { agent } from '../api/session.js'
import { Choice, Field, Form, secretOf, textOf } from '../ui/form.js'
import { Loaded } from '../ui/loaded.js'
import { OutLink } from '../ui/out-link.js'
import { Page } from '../ui/page.js'
import { useAction } from '../ui/use-action.js'
import { useLoad } from '../ui/use-load.js'

/** An account on this server. */
export default function SignUpPage() {
  const { route, query: search } = useLocation()
  const server = useLoad(
    () => query<ComAtprotoServerDescribeServer.OutputSchema>('com.atproto.server.describeServer'),
    [],
  )
  const action = useAction(async (form: FormData) => {
    await agent.createAccount({
      handle: `${textOf(form, 'name').toLowerCase()}${textOf(form, 'domain')}`,
      email: textOf(form, 'email'),
      password: secretOf(form, 'password'),
      inviteCode: textOf(form, 'invite') || undefined,
    })
    route('/home', true)
  })
  return (
    <Page title="Sign up">
      <Loaded of={server}>
        {({ availableUserDomains, inviteCodeRequired, links }) => (
          <Form action={action} submit="Make the account">
            <div class="row">
              <Field
                label="Name"
                name="name"
                autocomplete="username"
                autocapitalize="none"
                spellcheck={false}
                hint="Letters, digits and hyphens"
                pattern="[A-Za-z0-9](?:[A-Za-z0-9\-]*[A-Za-z0-9])?"
                required
              />
              <Choice label="Domain" name="domain">
                {availableUserDomains.map((domain) => (
                  <option key={domain}>{domain}</option>
                ))}
              </Choice>
            </div>
            <Field label="Email" name="email" type="email" autocomplete="email" required />
            <Field
              label="Password"
              name="password"
              type="password"
              autocomplete="new-password"
              minLength={8}
              hint="At least eight characters; several words are good"
              required
            />
            {inviteCodeRequired || search.invite ? (
              <Field
                label="Invite code"
                name="invite"
                defaultValue={search.invite}
                hint="From the operator, or from somebody who is here"
                required={inviteCodeRequired}
              />
            ) : null}
            <p>
              Whatever you post here is public, and copied by others.
              {links?.termsOfService ? (
                <>
                  {' '}
                  <OutLink href={links.termsOfService}>Terms of service</OutLink>.
                </>
              ) : null}
              {links?.privacyPolicy ? (
                <>
                  {' '}
                  <OutLink href={links.privacyPolicy}>Privacy policy</OutLink>.
                </>
              ) : null}
            </p>
          </Form>
        )}
      </Loaded>
      <p>
        There is an account already? <a href="/sign-in">Sign in</a>. It is on another server?{' '}
        <a href="/settings/move">Move it here</a>.
      </p>
    </Page>
  )
}
