import { useLocation, useRoute } from 'preact-iso'
import { query } from '../api/call.js'
import { Paged } from '../ui/loaded.js'
import { Page } from '../ui/page.js'
import { Time } from '../ui/time.js'
import { usePages } from '../ui/use-pages.js'
import { Crumbs } from './crumbs.js'
import './everyone.css'
import { explorePath } from './places.js'
import { type RecordValue, summaryOf } from './summary.js'

const PAGE = 50

interface ListedRecord {
  uri: string
  cid: string
  value: RecordValue
}

/** The records of one collection, from either end. */
export default function CollectionPage() {
  const { actor, collection } = useRoute().params as { actor: string; collection: string }
  const { query: asked, path } = useLocation()
  const isOldestFirst = asked.order === 'oldest'
  const records = usePages(
    async (cursor) => {
      const params = { repo: actor, collection, limit: PAGE, cursor, reverse: isOldestFirst || undefined }
      const page = await query<{ records: ListedRecord[]; cursor?: string }>('com.atproto.repo.listRecords', params)
      return { items: page.records, cursor: page.records.length < PAGE ? undefined : page.cursor }
    },
    [actor, collection, isOldestFirst],
    'records',
  )
  return (
    <Page title={collection}>
      <Crumbs
        of={[
          { label: actor, href: explorePath(actor) },
          { label: collection, href: explorePath(actor, collection) },
        ]}
      />
      <nav class="subnav" aria-label="Order">
        <a href={path} aria-current={isOldestFirst ? undefined : 'page'}>
          Last keys first
        </a>
        <a href={`${path}?order=oldest`} aria-current={isOldestFirst ? 'page' : undefined}>
          First keys first
        </a>
      </nav>
      <Paged of={records} empty="There are no records in this collection.">
        {(items) => (
          <ol class="cards record-list" aria-label="Records">
            {items.map(({ uri, value }) => (
              <RecordLine key={uri} actor={actor} collection={collection} uri={uri} value={value} />
            ))}
          </ol>
        )}
      </Paged>
    </Page>
  )
}

function RecordLine({
  actor,
  collection,
  uri,
  value,
}: Record<'actor' | 'collection' | 'uri', string> & { value: RecordValue }) {
  const rkey = uri.slice(uri.lastIndexOf('/') + 1)
  const { createdAt } = value
  return (
    <li>
      <p dir="auto">{summaryOf(collection, value)}</p>
      <p class="about">
        <a href={explorePath(actor, collection, rkey)}>{rkey}</a>
        {typeof createdAt === 'string' ? (
          <small>
            <Time at={createdAt.slice(0, 40)} />
          </small>
        ) : null}
      </p>
    </li>
  )
}
