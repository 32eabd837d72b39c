import { useState } from 'preact/hooks'
import { own } from '../api/own.js'
import { agent } from '../api/session.js'
import { Ask } from '../ui/ask.js'
import { Field, Form, textOf, Tick } from '../ui/form.js'
import { Loaded } from '../ui/loaded.js'
import { FaultNotice, Notice } from '../ui/notice.js'
import { Section } from '../ui/page.js'
import { Time } from '../ui/time.js'
import { useAction } from '../ui/use-action.js'
import { useLoad } from '../ui/use-load.js'
import { SettingsFrame } from './settings-frame.js'

interface Session {
  id: string
  appPassword: string | null
  createdAt: string
  refreshedAt: string | null
  userAgent: string | null
  address: string | null
  current: boolean
}

/** Where one is signed in, and the passwords of apps. */
export default function SessionsPage() {
  return (
    <SettingsFrame title="Sessions and apps">
      <Section title="Sessions">
        <Sessions />
      </Section>
      <Section title="App passwords">
        <AppPasswords />
      </Section>
    </SettingsFrame>
  )
}

function Sessions() {
  const sessions = useLoad(async () => (await own<{ sessions: Session[] }>('/account/sessions')).sessions, [])
  const end = useAction(async (which: { id: string } | { others: true }) => {
    await own('/account/sessions/revoke', which)
    await sessions.reload()
  })
  return (
    <Loaded of={sessions}>
      {(all) => (
        <>
          <ul class="cards">
            {all.map(({ id, appPassword, createdAt, refreshedAt, userAgent, address, current }) => (
              <li key={id} class="row between">
                <div>
                  <strong>{nameOf(userAgent)}</strong> {current ? <span class="badge good">this one</span> : null}{' '}
                  {appPassword === null ? null : <span class="badge">{appPassword}</span>}
                  <br />
                  <small>
                    begun <Time at={createdAt} />
                    {refreshedAt ? (
                      <>
                        , last used <Time at={refreshedAt} />
                      </>
                    ) : null}
                    {address ? ` · ${address}` : ''}
                  </small>
                </div>
                {current ? null : (
                  <button type="button" onClick={() => void end.run({ id })}>
                    End<span class="unseen"> the session of {nameOf(userAgent)}</span>
                  </button>
                )}
              </li>
            ))}
          </ul>
          <FaultNotice fault={end.fault} />
          {all.length > 1 ? (
            <p class="more">
              <button type="button" class="danger" onClick={() => void end.run({ others: true })}>
                End all others
              </button>
            </p>
          ) : null}
        </>
      )}
    </Loaded>
  )
}

/** What a client says of itself, as short as people say it. */
function nameOf(userAgent: string | null): string {
  const browser = /(Firefox|Edg|OPR|Chrome|Safari)\//.exec(userAgent ?? '')?.[1]
  const system = /Windows|Android|iPhone|iPad|Mac OS|Linux/.exec(userAgent ?? '')?.[0]
  const name = { Edg: 'Edge', OPR: 'Opera' }[browser ?? ''] ?? browser
  return name ? `${name}${system ? ` on ${system}` : ''}` : userAgent?.slice(0, 60) || 'An unknown client'
}

function AppPasswords() {
  const passwords = useLoad(async () => (await agent.com.atproto.server.listAppPasswords()).data.passwords, [])
  const [made, setMade] = useState<{ name: string; password: string }>()
  const make = useAction(async (form: FormData) => {
    const { data } = await agent.com.atproto.server.createAppPassword({
      name: textOf(form, 'name'),
      privileged: form.get('privileged') !== null,
    })
    setMade(data)
    await passwords.reload()
  })
  const [leaving, setLeaving] = useState<string>()
  const revoke = useAction(async () => {
    await agent.com.atproto.server.revokeAppPassword({ name: leaving! })
    await passwords.reload()
  })
  return (
    <>
      <p>A password for one app: it cannot touch your handle, mail, password or identity, and you can take it back.</p>
      {made ? (
        <Notice kind="good">
          The password of “{made.name}”, shown only now: <code>{made.password}</code>
        </Notice>
      ) : null}
      <Loaded of={passwords}>
        {(all) =>
          all.length === 0 ? (
            <p class="empty">There are none.</p>
          ) : (
            <ul class="cards">
              {all.map(({ name, createdAt, privileged }) => (
                <li key={name} class="row between">
                  <span>
                    <strong>{name}</strong> {privileged ? <span class="badge">direct messages, too</span> : null} made{' '}
                    <Time at={createdAt} />
                  </span>
                  <button type="button" onClick={() => setLeaving(name)}>
                    Take back …<span class="unseen"> {name}</span>
                  </button>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
      {leaving === undefined ? null : (
        <Ask
          title={`Take back the password of “${leaving}”?`}
          confirm="Take back"
          action={revoke}
          onClose={() => setLeaving(undefined)}
        >
          Whatever uses it is signed out, and needs another password.
        </Ask>
      )}
      <Form action={make} submit="Make an app password">
        <Field label="Name of the app" name="name" maxLength={64} required />
        <Tick label="It may read direct messages" name="privileged" />
      </Form>
    </>
  )
}
