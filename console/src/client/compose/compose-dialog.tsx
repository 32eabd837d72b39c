import { useLocation } from 'preact-iso'
import { account } from '../../api/account.js'
import { Dialog } from '../../ui/dialog.js'
import { nameOf } from '../people/person.js'
import { postOf } from '../post/post-record.js'
import { Composer } from './composer.js'
import { composing } from './composing.js'

/**
 * The dialog to write in, when something is to be answered, quoted or said. It stays with the page that it was opened on: who goes
 * elsewhere, as when the session has ended, and comes back goes on with it.
 */
export function ComposeDialog() {
  const { url } = useLocation()
  const { occasion, url: where, did } = composing.value ?? {}
  if (!occasion || where !== url || did !== account.value?.did) return null
  const { replyTo, quote } = occasion
  const about = replyTo ?? quote
  const close = (): void => {
    composing.value = null
  }
  return (
    <Dialog title={replyTo ? 'Reply' : quote ? 'Quote' : 'New post'} onClose={close}>
      {about ? (
        <blockquote class="quoted about">
          <bdi class="name">{nameOf(about.author)}</bdi> <bdi class="handle">@{about.author.handle}</bdi>
          <p class="text" dir="auto">
            {postOf(about.record)?.text}
          </p>
        </blockquote>
      ) : null}
      <Composer
        isFirst
        occasion={occasion}
        label={replyTo ? 'Your reply' : 'Your post'}
        submit={replyTo ? 'Reply' : 'Post'}
        onPosted={close}
      />
    </Dialog>
  )
}
