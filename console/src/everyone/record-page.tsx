import { useRoute } from 'preact-iso'
import { query, withQuery } from '../api/call.js'
import { operator } from '../api/operator.js'
import { Loaded } from '../ui/loaded.js'
import { OutLink } from '../ui/out-link.js'
import { Page, Section } from '../ui/page.js'
import { useLoad } from '../ui/use-load.js'
import { Crumbs } from './crumbs.js'
import './everyone.css'
import { JsonTree } from './json-tree.js'
import { clientPath, explorePath, takedownPath } from './places.js'
import { RecordProof } from './record-proof.js'
import { References } from './references.js'
import { didOf } from './repos.js'
import { type RecordValue, summaryOf } from './summary.js'

interface Place {
  actor: string
  collection: string
  rkey: string
}
interface FoundRecord {
  did: string
  uri: string
  cid: string
  value: RecordValue
}

async function fetchRecord({ actor, collection, rkey }: Place): Promise<FoundRecord> {
  const did = await didOf(actor)
  const params = { repo: did, collection, rkey }
  return { did, ...(await query<Omit<FoundRecord, 'did'>>('com.atproto.repo.getRecord', params)) }
}

/** One record: what it says, who refers to it, and whether it is what its author has signed. */
export default function RecordPage() {
  const place = useRoute().params as unknown as Place
  const { actor, collection, rkey } = place
  const record = useLoad(() => fetchRecord(place), [actor, collection, rkey])
  return (
    <Page title="Record">
      <Crumbs
        of={[
          { label: actor, href: explorePath(actor) },
          { label: collection, href: explorePath(actor, collection) },
          { label: rkey, href: explorePath(actor, collection, rkey) },
        ]}
      />
      <Loaded of={record}>{(found) => <FoundRecord key={found.uri} place={place} found={found} />}</Loaded>
    </Page>
  )
}

function FoundRecord({ place: { collection, rkey }, found }: { place: Place; found: FoundRecord }) {
  const { did, uri, cid, value } = found
  const client = clientPath(did, collection, rkey)
  return (
    <>
      <p class="lead" dir="auto">
        {summaryOf(collection, value)}
      </p>
      <dl class="facts">
        <dt>Address</dt>
        <dd>
          <code>{uri}</code>
        </dd>
        <dt>CID</dt>
        <dd>
          <code>{cid}</code>
        </dd>
      </dl>
      <p class="row">
        {client ? <a href={client}>As people see it</a> : null}
        {operator.value ? <a href={takedownPath(uri)}>Takedown</a> : null}
        <OutLink href={withQuery('/xrpc/com.atproto.repo.getRecord', { repo: did, collection, rkey })}>As JSON</OutLink>
      </p>
      <JsonTree value={value} did={did} />
      <Section title="Proof">
        <RecordProof claim={{ did, collection, rkey, cid, value }} />
      </Section>
      <References uri={uri} did={did} collection={collection} />
    </>
  )
}
