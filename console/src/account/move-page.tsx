import { AtpAgent, type ComAtprotoServerDescribeServer } from '@atproto/api'
import { useState } from 'preact/hooks'
import { query } from '../api/call.js'
import { fetchAt } from '../api/fetch-at.js'
import { account } from '../api/account.js'
import { agent } from '../api/session.js'
import { Choice, Field, Form, secretOf, textOf } from '../ui/form.js'
import { Loaded } from '../ui/loaded.js'
import { Notice } from '../ui/notice.js'
import { Page, Section } from '../ui/page.js'
import { useAction } from '../ui/use-action.js'
import { useLoad } from '../ui/use-load.js'
import { SettingsNav } from './settings-frame.js'
import { CodeDialog, Steps, useMove } from './move-steps.js'

/** From another server to here, or from here to another. */
export default function MovePage() {
  return (
    <Page title="Move">
      {account.value ? <SettingsNav /> : null}
      <p>
        An account can live on any server of the AT Protocol, and goes there with everything: its name, posts, images,
        and all who follow it. Until the last but two steps nothing changes where it is now; whatever fails can be tried
        again.
      </p>
      <Section title="To this server">
        <MoveHere />
      </Section>
      {account.value ? (
        <Section title="Away from this server">
          <MoveAway />
        </Section>
      ) : null}
    </Page>
  )
}

function MoveHere() {
  const server = useLoad(
    () => query<ComAtprotoServerDescribeServer.OutputSchema>('com.atproto.server.describeServer'),
    [],
  )
  const [old, setOld] = useState<AtpAgent>()
  const [needsFactor, setNeedsFactor] = useState(false)
  const move = useMove()
  const signIn = useAction(async (form: FormData) => {
    // Where one signs in may be another server than the one that has the account: the client follows the identity.
    const from = new AtpAgent({ service: originOf(textOf(form, 'server')) })
    try {
      await from.login({
        identifier: textOf(form, 'identifier').replace(/^@/, ''),
        password: secretOf(form, 'password'),
        authFactorToken: textOf(form, 'factor') || undefined,
      })
    } catch (error) {
      if ((error as { error?: string }).error === 'AuthFactorTokenRequired') setNeedsFactor(true)
      throw error
    }
    if ((from.pdsUrl ?? from.serviceUrl).origin === location.origin) {
      await from.logout().catch(() => undefined)
      throw new Error('This account is on this server already: sign in to it here')
    }
    setOld(from)
  })
  const begin = useAction((form: FormData) =>
    move.run(old!, agent, {
      handle: `${textOf(form, 'name').toLowerCase()}${textOf(form, 'domain')}`,
      email: textOf(form, 'email'),
      password: secretOf(form, 'password'),
      inviteCode: textOf(form, 'invite') || undefined,
    }),
  )
  if (account.value && !old) return <p>Sign out first: you are signed in to an account of this server.</p>
  if (!old)
    return (
      <Form action={signIn} submit="Sign in there">
        <Field label="The server that the account is on" name="server" placeholder="bsky.social" required />
        <Field label="Handle or email there" name="identifier" autocapitalize="none" required />
        <Field label="Password there" name="password" type="password" autocomplete="off" required />
        {needsFactor ? <Field label="Code" name="factor" autocomplete="one-time-code" required /> : null}
      </Form>
    )
  return (
    <>
      <p>
        You are signed in there as <strong>@{old.session!.handle}</strong>.
      </p>
      <Loaded of={server}>
        {({ availableUserDomains, inviteCodeRequired }) => (
          <Form action={begin} submit="Move here">
            <div class="row">
              <Field label="Name here" name="name" autocapitalize="none" spellcheck={false} required />
              <Choice label="Domain" name="domain">
                {availableUserDomains.map((domain) => (
                  <option key={domain}>{domain}</option>
                ))}
              </Choice>
            </div>
            <Field label="Email" name="email" type="email" defaultValue={old.session!.email} required />
            <Field
              label="Password here"
              name="password"
              type="password"
              autocomplete="new-password"
              minLength={8}
              required
            />
            {inviteCodeRequired ? <Field label="Invite code" name="invite" required /> : null}
          </Form>
        )}
      </Loaded>
      <Steps of={move} />
      <CodeDialog of={move} />
      {move.isDone ? (
        <Notice kind="good">
          The account lives here now. <a href="/home">Go on</a>
        </Notice>
      ) : null}
    </>
  )
}

function MoveAway() {
  const move = useMove()
  const begin = useAction(async (form: FormData) => {
    const origin = originOf(textOf(form, 'server'))
    // From here to here every step would succeed, and the last one put the only account there is to rest.
    if (origin === location.origin) throw new Error('The account is on this server already')
    await move.run(agent, newServer(origin), {
      handle: textOf(form, 'handle').replace(/^@/, '').toLowerCase(),
      email: textOf(form, 'email'),
      password: secretOf(form, 'password'),
      inviteCode: textOf(form, 'invite') || undefined,
    })
  })
  return (
    <>
      <Form action={begin} submit="Move away">
        <Field label="The new server" name="server" placeholder="pds.example.com" required />
        <Field
          label="Handle there"
          name="handle"
          hint="Under a domain of the new server, or a domain of your own"
          autocapitalize="none"
          required
        />
        <Field label="Email" name="email" type="email" defaultValue={account.value!.email} required />
        <Field
          label="Password there"
          name="password"
          type="password"
          autocomplete="new-password"
          minLength={8}
          required
        />
        <Field label="Invite code" name="invite" hint="If the new server wants one" />
      </Form>
      <Steps of={move} />
      <CodeDialog of={move} />
      {move.isDone ? (
        <Notice kind="good">
          The account lives there now. What it had here is kept, deactivated; delete it when all is well.
        </Notice>
      ) : null}
    </>
  )
}

/** The new server, which the identity does not name yet. */
function newServer(origin: string): AtpAgent {
  return new AtpAgent({ service: origin, fetch: fetchAt(origin) })
}

/** `bsky.social` or an origin, as people write it. */
function originOf(server: string): string {
  const url = URL.parse(/^https?:\/\//.test(server) ? server : `https://${server}`)
  if (!url) throw new Error(`“${server}” is no address of a server`)
  return url.origin
}
