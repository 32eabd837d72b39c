import type { ComAtprotoServerDescribeServer } from '@atproto/api'
import { query } from '../api/call.js'
import { account } from '../api/account.js'
import { count } from '../ui/amounts.js'
import { Loaded } from '../ui/loaded.js'
import { OutLink } from '../ui/out-link.js'
import { Page, Section } from '../ui/page.js'
import { useLoad } from '../ui/use-load.js'
import { ActorLine } from './actor-line.js'
import { CopyBadge } from './copy-badge.js'
import './everyone.css'
import { type ListedRepo, type Profile, profilesOf } from './repos.js'

type Described = ComAtprotoServerDescribeServer.OutputSchema

interface AboutServer {
  described: Described
  version: string
}

async function fetchAbout(): Promise<AboutServer> {
  const [described, { version }] = await Promise.all([
    query<Described>('com.atproto.server.describeServer'),
    query<{ version: string }>('_health'),
  ])
  return { described, version }
}

/** What this server is, for whoever comes by. */
export default function AboutPage() {
  const about = useLoad(fetchAbout, [])
  return (
    <Page title="This server">
      <p>
        <strong>{location.host}</strong> is a server of the AT Protocol, the open network that Bluesky is a part of. It
        keeps the accounts and repositories of the people here, and shows what they and those they follow have written.
      </p>
      <Loaded of={about}>{({ described, version }) => <About described={described} version={version} />}</Loaded>
      <Section title="Look around">
        <ul class="plain-list">
          <li>
            <a href="/explore">Repositories</a>: everything that is public here, record by record, each with its proof
          </li>
          <li>
            <a href="/firehose">Firehose</a>: what happens here, as it happens
          </li>
        </ul>
      </Section>
    </Page>
  )
}

function About({ described, version }: AboutServer) {
  const { did, availableUserDomains: domains, inviteCodeRequired, links, contact } = described
  return (
    <>
      <dl class="facts">
        <dt>DID</dt>
        <dd>
          <code>{did}</code>
        </dd>
        <dt>Handles end in</dt>
        <dd>{domains.join(', ') || 'nothing of this server: bring a domain of your own'}</dd>
        <dt>New accounts</dt>
        <dd>
          {inviteCodeRequired ? 'by invitation' : 'open to everybody'}
          {account.value ? null : (
            <>
              : <a href="/sign-up">sign up</a>
            </>
          )}
        </dd>
        <Link name="Terms" href={links?.termsOfService} />
        <Link name="Privacy" href={links?.privacyPolicy} />
        {contact?.email ? (
          <>
            <dt>Contact</dt>
            <dd>
              <a href={`mailto:${contact.email}`}>{contact.email}</a>
            </dd>
          </>
        ) : null}
        <dt>Software</dt>
        <dd>Skylog {version}</dd>
      </dl>
      <Population />
      <Section title="Come in with any app">
        <p>
          This console is one way in. Apps for Bluesky are others: choose another hosting provider when signing in (in
          the Bluesky app “Hosting provider”, then “Custom”), and give the address of this server:
        </p>
        <p>
          <code>{location.protocol === 'https:' ? location.host : location.origin}</code>
        </p>
      </Section>
    </>
  )
}

function Link({ name, href }: { name: string; href: string | undefined }) {
  return href ? (
    <>
      <dt>{name}</dt>
      <dd>
        <OutLink href={href}>{href}</OutLink>
      </dd>
    </>
  ) : null
}

/** As many repositories as are counted for this page; who has more has "more than" so many. */
const COUNTED = 500
const NEWEST = 5

interface Residents {
  count: number
  isMore: boolean
  newest: { did: string; profile: Profile | undefined }[]
}

async function fetchResidents(): Promise<Residents> {
  const { repos, cursor } = await query<{ repos: ListedRepo[]; cursor?: string }>('com.atproto.sync.listRepos', {
    limit: COUNTED,
  })
  const isMore = cursor !== undefined
  // They are listed in the order in which they came, so the newest are known only where the list ends.
  const newest = isMore
    ? []
    : repos
        .filter(({ active }) => active !== false)
        .slice(-NEWEST)
        .reverse()
  const profiles = await profilesOf(newest.map(({ did }) => did))
  return { count: repos.length, isMore, newest: newest.map(({ did }) => ({ did, profile: profiles.get(did) })) }
}

function Population() {
  const residents = useLoad(fetchResidents, [])
  return (
    <Section title="Who is here">
      <Loaded of={residents}>
        {({ count: repos, isMore, newest }) => (
          <>
            <p>
              {isMore ? 'More than ' : ''}
              {count(repos)} {repos === 1 ? 'repository' : 'repositories'}
              {newest.length > 0 ? ', the newest of them:' : '.'}
            </p>
            {newest.length > 0 ? (
              <ul class="cards" aria-label="Newest">
                {newest.map(({ did, profile }) => (
                  <li key={did} class="actor-row">
                    <ActorLine did={did} profile={profile} />
                    <CopyBadge did={did} />
                  </li>
                ))}
              </ul>
            ) : null}
          </>
        )}
      </Loaded>
    </Section>
  )
}
