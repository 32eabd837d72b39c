import type { AppBskyActorDefs } from '@atproto/api'
import { Time } from '../../ui/time.js'
import { judgePost, judgeProfile } from '../judge.js'
import { postPath, profilePath } from '../links.js'
import { Avatar, nameOf } from '../people/person.js'
import { PostCard } from '../post/post-card.js'
import { postOf } from '../post/post-record.js'
import { deleted } from '../post/use-post.js'
import type { Told } from './fetch-notifications.js'
import { type Group, isPost, wordsOf } from './groups.js'

const FACES = 6

/** What some people did, in a sentence, and the post that it is about. */
export function GroupCard({ of: { reason, items, isUnread } }: { of: Group<Told> }) {
  const { notification, post } = items[0]!
  const people = [...new Map(items.map(({ notification: { author } }) => [author.did, author])).values()]
  return (
    <div class={isUnread ? 'told unread' : 'told'}>
      {isPost(reason) ? null : (
        <p class="faces" aria-hidden="true">
          {people.slice(0, FACES).map((person) => (
            <Avatar key={person.did} of={person} isVeiled={judgeProfile(person).ui('avatar').blur} />
          ))}
        </p>
      )}
      <p>
        {isUnread ? <span class="badge news">New</span> : null} <Names of={people} /> {wordsOf(reason)}{' '}
        <span class="when">
          <Time at={notification.indexedAt} />
        </span>
      </p>
      {post && !deleted.value.has(post.uri) && isPost(reason) ? <PostCard post={post} /> : null}
      {post && !isPost(reason) ? (
        <p class="extract" dir="auto">
          <a href={postPath(post.uri, post.author.handle)}>{extractOf(post)}</a>
        </p>
      ) : null}
    </div>
  )
}

function Names({ of: people }: { of: AppBskyActorDefs.ProfileView[] }) {
  const [first, second, ...others] = people
  return (
    <>
      <Name of={first!} />
      {second && others.length === 0 ? (
        <>
          {' '}
          and <Name of={second} />
        </>
      ) : null}
      {others.length > 0 ? ` and ${others.length + 1} others` : null}
    </>
  )
}

function Name({ of: person }: { of: AppBskyActorDefs.ProfileView }) {
  return (
    <a class="name" href={profilePath(person)}>
      <bdi>{nameOf(person)}</bdi>
    </a>
  )
}

/** Some of one's own post, to know which it is. */
function extractOf(post: NonNullable<Told['post']>): string {
  if (judgePost(post).ui('contentList').blur) return 'A post with a warning'
  const text = postOf(post.record)?.text.trim() ?? ''
  if (text === '') return post.embed ? 'A post without words' : 'A post'
  return text.length > 160 ? `${text.slice(0, 160)} …` : text
}
