import type { ComAtprotoServerDescribeServer } from '@atproto/api'
import { query } from '../api/call.js'
import { Loaded } from '../ui/loaded.js'
import { Page } from '../ui/page.js'
import { useLoad } from '../ui/use-load.js'

interface AboutServer {
  described: ComAtprotoServerDescribeServer.OutputSchema
  version: string
}

async function fetchAbout(): Promise<AboutServer> {
  const [described, { version }] = await Promise.all([
    query<ComAtprotoServerDescribeServer.OutputSchema>('com.atproto.server.describeServer'),
    query<{ version: string }>('_health'),
  ])
  return { described, version }
}

/** What this server is, for whoever comes by. */
export default function AboutPage() {
  const about = useLoad(fetchAbout, [])
  return (
    <Page title="This server">
      <Loaded of={about}>
        {({ described, version }) => (
          <>
            <p>
              <strong>{location.host}</strong> is a server of the AT Protocol: it keeps the accounts and repositories of
              the people here, and shows what they and those they follow have written.
            </p>
            <dl class="facts">
              <dt>DID</dt>
              <dd>
                <code>{described.did}</code>
              </dd>
              <dt>Handles end in</dt>
              <dd>
                {described.availableUserDomains.join(', ') || 'nothing of this server: bring a domain of your own'}
              </dd>
              <dt>New accounts</dt>
              <dd>{described.inviteCodeRequired ? 'by invitation' : 'open to everybody'}</dd>
              <dt>Software</dt>
              <dd>Skylog {version}</dd>
            </dl>
          </>
        )}
      </Loaded>
    </Page>
  )
}
