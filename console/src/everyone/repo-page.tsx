import { useRoute } from 'preact-iso'
import { count } from '../ui/amounts.js'
import { Loaded } from '../ui/loaded.js'
import { Notice } from '../ui/notice.js'
import { OutLink } from '../ui/out-link.js'
import { Page, Section } from '../ui/page.js'
import { useLoad } from '../ui/use-load.js'
import { Crumbs } from './crumbs.js'
import { DidDocument } from './did-document.js'
import './everyone.css'
import { explorePath } from './places.js'
import { hostOf } from './read-did-document.js'
import { RepoCommit } from './repo-commit.js'
import { fetchRepoHead, handleOf, isThisServer, type Profile, type RepoHead } from './repos.js'
import { StatusBadge } from './status-badge.js'
import { TakeAway } from './take-away.js'

/** One repository: whose it is, what is in it, and how to take it away. */
export default function RepoPage() {
  const { actor } = useRoute().params as { actor: string }
  const head = useLoad(() => fetchRepoHead(actor), [actor])
  const name = head.value?.profile?.displayName || handleOf(head.value?.profile) || actor
  return (
    <Page title={name}>
      <Crumbs of={[{ label: actor, href: explorePath(actor) }]} />
      <Loaded of={head}>{(head) => <Repo head={head} />}</Loaded>
    </Page>
  )
}

function Repo({ head }: { head: RepoHead }) {
  const { did, document, state, collections, profile } = head
  return (
    <>
      <Head head={head} />
      {collections ? (
        <>
          <Section title="Collections">
            <Collections did={did} collections={collections} profile={profile} />
          </Section>
          <Section title="Newest commit">
            <RepoCommit did={did} document={document} />
            <p>
              <a href={`${explorePath(did)}/tree`}>The tree under it, as a picture</a>
            </p>
          </Section>
          <Section title="Take it away">
            <TakeAway did={did} />
          </Section>
        </>
      ) : (
        <Absence state={state} document={document} />
      )}
      <Section title="Identity">
        <DidDocument did={did} document={document} />
      </Section>
    </>
  )
}

function Head({ head: { did, handle, isHandleCorrect, document, state, profile } }: { head: RepoHead }) {
  const host = hostOf(document)
  const isHosted = host !== null && isThisServer(host)
  return (
    <>
      {profile ? (
        <div class="profile-head">
          {profile.avatar ? <img class="avatar" src={profile.avatar} alt="" /> : null}
          <div>
            <a href={`/profile/${did}`}>Profile for people</a>
            {profile.description ? <p>{profile.description}</p> : null}
          </div>
        </div>
      ) : null}
      <dl class="facts">
        <dt>Handle</dt>
        <dd>
          {handle === 'handle.invalid' ? 'none' : `@${handle}`}{' '}
          {isHandleCorrect ? (
            <span class="badge good">leads back to this DID</span>
          ) : handle === 'handle.invalid' ? null : (
            <span class="badge bad">does not lead to this DID</span>
          )}
        </dd>
        <dt>DID</dt>
        <dd>
          <code>{did}</code>
        </dd>
        <dt>State</dt>
        <dd>{state ? <StatusBadge {...state} /> : 'not kept here'}</dd>
        <dt>Lives on</dt>
        <dd>
          {isHosted ? (
            'this server'
          ) : host ? (
            <>
              <OutLink href={host}>{host}</OutLink>
              {state ? '; what is here is a copy' : null}
            </>
          ) : (
            'no server that its document names'
          )}
        </dd>
      </dl>
    </>
  )
}

function Absence({ state, document }: { state: RepoHead['state']; document: RepoHead['document'] }) {
  const host = hostOf(document)
  if (state)
    return <Notice kind="note">This repository is not active, so nothing of what is in it is given out.</Notice>
  return (
    <Notice kind="note">
      This repository is not kept on this server.{' '}
      {host ? <OutLink href={host}>Its own server</OutLink> : 'Nobody says where it is.'}
      {host ? ' may have it.' : null}
    </Notice>
  )
}

function Collections({ did, collections, profile }: { did: string; collections: string[]; profile: Profile | null }) {
  const counts = countsOf(profile)
  if (collections.length === 0) return <p class="empty">There is nothing in it.</p>
  return (
    <ul class="plain-list" aria-label="Collections">
      {collections.map((collection) => (
        <li key={collection}>
          <a href={explorePath(did, collection)}>{collection}</a>{' '}
          {counts[collection] !== undefined ? <small>{count(counts[collection])}</small> : null}
        </li>
      ))}
    </ul>
  )
}

/** What the profile tells of numbers; to count the rest would be to read it. */
function countsOf(profile: Profile | null): Record<string, number | undefined> {
  return {
    'app.bsky.feed.post': profile?.postsCount,
    'app.bsky.graph.follow': profile?.followsCount,
    'app.bsky.graph.list': profile?.associated?.lists,
    'app.bsky.feed.generator': profile?.associated?.feedgens,
    'app.bsky.graph.starterpack': profile?.associated?.starterPacks,
  }
}
