import { useLocation } from 'preact-iso'
import { account } from '../api/account.js'
import { agent, signOut } from '../api/session.js'
import { count } from '../ui/amounts.js'
import { Loaded } from '../ui/loaded.js'
import { Section } from '../ui/page.js'
import { useLoad } from '../ui/use-load.js'
import { InviteCodes } from './invite-codes.js'
import { SettingsFrame } from './settings-frame.js'

/** Who one is here, and what the account has. */
export default function SettingsPage() {
  return (
    <SettingsFrame title="Account">
      <WhoYouAre />
      <Section title="Invites">
        <InviteCodes />
      </Section>
    </SettingsFrame>
  )
}

function WhoYouAre() {
  const { route } = useLocation()
  const status = useLoad(async () => (await agent.com.atproto.server.checkAccountStatus()).data, [])
  const { did, handle, email, emailConfirmed } = account.value!
  const leave = async (): Promise<void> => {
    await signOut()
    route('/')
  }
  return (
    <>
      <dl class="facts">
        <dt>Handle</dt>
        <dd>
          <a href={`/profile/${handle}`}>@{handle}</a>
        </dd>
        <dt>DID</dt>
        <dd>
          <code>{did}</code>
        </dd>
        <dt>Email</dt>
        <dd>
          {email} {emailConfirmed ? '(confirmed)' : <a href="/settings/email">not confirmed yet</a>}
        </dd>
      </dl>
      <Loaded of={status}>
        {({ activated, repoCommit, repoRev, indexedRecords, importedBlobs, expectedBlobs }) => (
          <dl class="facts">
            <dt>State</dt>
            <dd>{activated ? 'active' : <a href="/settings/data">deactivated</a>}</dd>
            <dt>Records</dt>
            <dd>{count(indexedRecords)}</dd>
            <dt>Blobs</dt>
            <dd>
              {count(importedBlobs)}
              {importedBlobs < expectedBlobs ? ` of ${count(expectedBlobs)}; the others are missing` : ''}
            </dd>
            <dt>Head</dt>
            <dd>
              <a href={`/explore/${did}`}>
                <code>{repoCommit}</code>
              </a>
              <br />
              rev <code>{repoRev}</code>
            </dd>
          </dl>
        )}
      </Loaded>
      <p>
        <button type="button" onClick={() => void leave()}>
          Sign out
        </button>
      </p>
    </>
  )
}
