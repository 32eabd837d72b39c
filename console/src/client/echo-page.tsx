import type { AppBskyActorDefs, AppBskyFeedDefs } from '@atproto/api'
import { useRoute } from 'preact-iso'
import { account } from '../api/account.js'
import { agent } from '../api/session.js'
import { Paged } from '../ui/loaded.js'
import { usePages } from '../ui/use-pages.js'
import { ClientPage } from './client-page.js'
import { People } from './people/person.js'
import { Feed } from './post/feed.js'

type Item = AppBskyActorDefs.ProfileView | { post: AppBskyFeedDefs.PostView }

/** What has become of a post, and what that is called. */
const ECHOES = { likes: 'Liked by', reposts: 'Reposted by', quotes: 'Quoted by' }
type Echo = keyof typeof ECHOES

/** Who has liked, reposted or quoted a post: for everybody, signed in or not. */
export default function EchoPage() {
  const { actor = '', rkey = '', echo = '' } = useRoute().params
  const path = `/profile/${actor}/post/${rkey}`
  const isEcho = (echo: string): echo is Echo => Object.hasOwn(ECHOES, echo)
  return (
    <ClientPage title={isEcho(echo) ? ECHOES[echo] : 'Not found'}>
      <nav class="subnav" aria-label="Of this post">
        <a href={path}>Thread</a>
        {Object.entries(ECHOES).map(([key, label]) => (
          <a key={key} href={`${path}/${key}`} aria-current={key === echo ? 'page' : undefined}>
            {label}
          </a>
        ))}
      </nav>
      {isEcho(echo) ? <Echoes actor={actor} rkey={rkey} echo={echo} /> : <p>There is no such page.</p>}
    </ClientPage>
  )
}

function Echoes({ actor, rkey, echo }: { actor: string; rkey: string; echo: Echo }) {
  const pages = usePages<Item>(
    (cursor) => fetchEchoes(actor, rkey, echo, cursor),
    [actor, rkey, echo, account.value?.did],
    'echo',
  )
  return (
    <Paged of={pages} empty="Nobody yet.">
      {(items) => (
        <>
          <People of={items.filter((item) => 'did' in item)} />
          <Feed of={items.filter((item) => 'post' in item)} />
        </>
      )}
    </Paged>
  )
}

async function fetchEchoes(
  actor: string,
  rkey: string,
  echo: Echo,
  cursor: string | undefined,
): Promise<{ items: Item[]; cursor?: string }> {
  const did = actor.startsWith('did:') ? actor : (await agent.resolveHandle({ handle: actor })).data.did
  const page = { uri: `at://${did}/app.bsky.feed.post/${rkey}`, limit: 30, cursor }
  switch (echo) {
    case 'likes': {
      const { data } = await agent.getLikes(page)
      return { items: data.likes.map(({ actor }) => actor), cursor: data.cursor }
    }
    case 'reposts': {
      const { data } = await agent.getRepostedBy(page)
      return { items: data.repostedBy, cursor: data.cursor }
    }
    case 'quotes': {
      const { data } = await agent.app.bsky.feed.getQuotes(page)
      return { items: data.posts.map((post) => ({ post })), cursor: data.cursor }
    }
  }
}
