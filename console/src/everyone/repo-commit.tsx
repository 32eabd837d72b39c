import { faultOf, query, withQuery } from '../api/call.js'
import { Loaded } from '../ui/loaded.js'
import { Time } from '../ui/time.js'
import { useLoad } from '../ui/use-load.js'
import type { CommitFacts } from '../engine/read-commit.js'
import type { DidDocument } from './read-did-document.js'

async function fetchCommit(did: string, document: DidDocument): Promise<CommitFacts> {
  const { cid } = await query<{ cid: string }>('com.atproto.sync.getLatestCommit', { did })
  const [response, { readCommitFacts }] = await Promise.all([
    fetch(withQuery('/xrpc/com.atproto.sync.getBlocks', { did, cids: [cid] })),
    import('../engine/read-commit.js'),
  ])
  if (!response.ok) throw await faultOf(response)
  return readCommitFacts(new Uint8Array(await response.arrayBuffer()), cid, document)
}

/** The commit that the whole repository stands under, read and checked in this browser. */
export function RepoCommit({ did, document }: { did: string; document: DidDocument }) {
  const commit = useLoad(() => fetchCommit(did, document), [did, document])
  return (
    <Loaded of={commit}>
      {({ cid, rev, time, version, data, signature, isSigned, key }) => (
        <dl class="facts">
          <dt>CID</dt>
          <dd>
            <code>{cid}</code>
          </dd>
          <dt>Revision</dt>
          <dd>
            <code>{rev ?? 'none'}</code> {time !== null ? <Time at={time} /> : null}
          </dd>
          <dt>Root of the tree</dt>
          <dd>
            <code>{data}</code>
          </dd>
          <dt>Version</dt>
          <dd>{version}</dd>
          <dt>Signature</dt>
          <dd>
            {isSigned ? (
              <span class="badge good">good</span>
            ) : (
              <span class="badge bad">{key ? 'not by this key' : 'no key to check it by'}</span>
            )}{' '}
            {key ? (
              <>
                by <code>{key}</code>
              </>
            ) : null}
            <br />
            <code>{signature}</code>
          </dd>
        </dl>
      )}
    </Loaded>
  )
}
