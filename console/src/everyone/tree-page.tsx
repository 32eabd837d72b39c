import { useLocation, useRoute } from 'preact-iso'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { RepoProgress } from '../engine/repo-worker.js'
import { runRepoJob } from '../engine/run-repo-job.js'
import { describe } from '../mst-picture/describe.js'
import { drawTree, type TreeData, type TreeItem } from '../mst-picture/draw-tree.js'
import { FaultNotice } from '../ui/notice.js'
import { Page } from '../ui/page.js'
import { useLoad } from '../ui/use-load.js'
import { Crumbs } from './crumbs.js'
import './everyone.css'
import { JobProgress } from './job-progress.js'
import { explorePath } from './places.js'
import { didOf } from './repos.js'

const MAX_CAR_BYTES = 100_000_000

/** The Merkle Search Tree of a repository, made into a picture by this browser. */
export default function TreePage() {
  const { actor } = useRoute().params as { actor: string }
  const [progress, setProgress] = useState<RepoProgress>({ bytes: 0, files: 0 })
  const running = useRef<AbortController>(null)
  const tree = useLoad(async () => {
    running.current?.abort()
    running.current = new AbortController()
    const did = await didOf(actor)
    const job = { want: 'tree', did, maxBytes: MAX_CAR_BYTES } as const
    return { did, ...(await runRepoJob(job, setProgress, running.current.signal)) }
  }, [actor])
  useEffect(() => () => running.current?.abort(), [])
  return (
    <Page title="Tree">
      <Crumbs
        of={[
          { label: actor, href: explorePath(actor) },
          { label: 'tree', href: `${explorePath(actor)}/tree` },
        ]}
      />
      <p>
        The records of a repository hang in a tree of hashes. Its shape follows from their keys alone; its root is what
        the commit signs. Choose a record to read it.
      </p>
      <FaultNotice fault={tree.fault} />
      {tree.value ? (
        <Picture did={tree.value.did} data={tree.value.tree} />
      ) : tree.isLoading ? (
        <JobProgress progress={progress} />
      ) : null}
    </Page>
  )
}

function Picture({ did, data }: { did: string; data: TreeData | null }) {
  const { route } = useLocation()
  const place = useRef<HTMLDivElement>(null)
  const [chosen, setChosen] = useState('')
  const onSelect = (item: TreeItem): void => {
    if (item.kind !== 'entry') return setChosen(describe(item))
    const [collection, rkey] = item.key.split('/')
    route(explorePath(did, collection, rkey))
  }
  useEffect(() => {
    if (!data) return
    const drawn = drawTree(place.current!, data, { onSelect })
    return () => drawn.destroy()
  }, [data])
  if (!data) return <p class="empty">The tree is empty.</p>
  return (
    <div class="wide">
      <div ref={place} class="tree-place" />
      <p role="status">{chosen}</p>
    </div>
  )
}
