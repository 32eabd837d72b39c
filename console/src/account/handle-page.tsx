import type { ComAtprotoServerDescribeServer } from '@atproto/api'
import { query } from '../api/call.js'
import { account, ownDid } from '../api/account.js'
import { agent, refreshAccount } from '../api/session.js'
import { Field, Form, textOf } from '../ui/form.js'
import { Loaded } from '../ui/loaded.js'
import { Section } from '../ui/page.js'
import { useAction } from '../ui/use-action.js'
import { useLoad } from '../ui/use-load.js'
import { SettingsFrame } from './settings-frame.js'

interface DidDocument {
  alsoKnownAs?: string[]
  verificationMethod?: { id: string; publicKeyMultibase?: string }[]
  service?: { id: string; serviceEndpoint: string }[]
}

/** What one is called, and what the identity says. */
export default function HandlePage() {
  return (
    <SettingsFrame title="Handle and identity">
      <Handle />
      <Section title="Identity">
        <Identity />
      </Section>
    </SettingsFrame>
  )
}

function Handle() {
  const server = useLoad(
    () => query<ComAtprotoServerDescribeServer.OutputSchema>('com.atproto.server.describeServer'),
    [],
  )
  const change = useAction(async (form: FormData) => {
    await agent.com.atproto.identity.updateHandle({ handle: textOf(form, 'handle').replace(/^@/, '').toLowerCase() })
    await refreshAccount()
  })
  const did = ownDid()
  return (
    <>
      <p>
        You are <strong>@{account.value!.handle}</strong>. What you have written, and who follows you, stays when that
        changes.
      </p>
      <Form action={change} submit="Change the handle" done="Changed.">
        <Field label="New handle" name="handle" autocapitalize="none" spellcheck={false} required />
      </Form>
      <Loaded of={server}>
        {({ availableUserDomains }) => (
          <p>
            {availableUserDomains.length > 0 ? (
              <>
                Names that end in {availableUserDomains.map((domain) => `“${domain}”`).join(' or ')} are given by this
                server.{' '}
              </>
            ) : null}
            To use a domain of your own, first make one of these say who you are:
          </p>
        )}
      </Loaded>
      <dl class="facts">
        <dt>DNS</dt>
        <dd>
          a TXT record <code>_atproto.your-domain</code> with <code>did={did}</code>
        </dd>
        <dt>or a file</dt>
        <dd>
          <code>https://your-domain/.well-known/atproto-did</code> with <code>{did}</code> in it
        </dd>
      </dl>
    </>
  )
}

function Identity() {
  const did = ownDid()
  const identity = useLoad(async () => {
    const { data } = await agent.com.atproto.identity.resolveDid({ did })
    return data.didDoc as DidDocument
  }, [did])
  const rotation = useLoad(async () => {
    const { data } = await agent.com.atproto.identity.getRecommendedDidCredentials()
    return data.rotationKeys ?? []
  }, [did])
  return (
    <>
      <Loaded of={identity}>
        {({ alsoKnownAs = [], verificationMethod = [], service = [] }) => (
          <dl class="facts">
            <dt>DID</dt>
            <dd>
              <code>{did}</code>
            </dd>
            <dt>Known as</dt>
            <dd>{alsoKnownAs.join(', ')}</dd>
            {verificationMethod.map(({ id, publicKeyMultibase }) => (
              <>
                <dt>Key {id.slice(id.indexOf('#'))}</dt>
                <dd>
                  <code>{publicKeyMultibase}</code>
                </dd>
              </>
            ))}
            {service.map(({ id, serviceEndpoint }) => (
              <>
                <dt>Service {id.slice(id.indexOf('#'))}</dt>
                <dd>{serviceEndpoint}</dd>
              </>
            ))}
          </dl>
        )}
      </Loaded>
      <Loaded of={rotation}>
        {(keys) => (
          <p>
            {keys.length > 0 ? 'Keys that may change the identity, in the eyes of this server: ' : ''}
            {keys.map((key) => (
              <>
                <code key={key}>{key}</code>{' '}
              </>
            ))}
          </p>
        )}
      </Loaded>
    </>
  )
}
