import { useEffect, useRef, useState } from 'preact/hooks'
import type { RepoProgress } from '../engine/repo-worker.js'
import { runRepoJob } from '../engine/run-repo-job.js'
import { FaultNotice, Notice } from '../ui/notice.js'
import { useAction } from '../ui/use-action.js'
import { JobProgress } from './job-progress.js'

/** What a browser is asked to hold at once, with room for the files and the zip of them. */
const MAX_CAR_BYTES = 200_000_000

/** The repository as a file: as it is, or unpacked by this browser. */
export function TakeAway({ did }: { did: string }) {
  const [progress, setProgress] = useState<RepoProgress>({ bytes: 0, files: 0 })
  const running = useRef<AbortController>(null)
  const button = useRef<HTMLButtonElement>(null)
  const action = useAction(async () => {
    const cancelling = (running.current = new AbortController())
    setProgress({ bytes: 0, files: 0 })
    try {
      const { zip } = await runRepoJob({ want: 'zip', did, maxBytes: MAX_CAR_BYTES }, setProgress, cancelling.signal)
      save(zip, `${did.replaceAll(':', '_')}.zip`)
    } catch (error) {
      if (!cancelling.signal.aborted) throw error
    }
  })
  useEffect(() => () => running.current?.abort(), [])
  // The button that was pressed goes away; whoever pressed it stands before the one that begins anew.
  const cancel = (): void => {
    running.current?.abort()
    button.current?.focus()
  }
  return (
    <>
      <p class="row">
        <a class="button" href={`/xrpc/com.atproto.sync.getRepo?did=${did}`} download={`${did}.car`}>
          Download as CAR
        </a>
        <button type="button" ref={button} onClick={() => void action.run()} aria-disabled={action.isRunning}>
          Unpack into a zip
        </button>
      </p>
      {action.isRunning ? <JobProgress progress={progress} onCancel={cancel} /> : null}
      <FaultNotice fault={action.fault} />
      {action.isDone && !running.current?.signal.aborted ? <Notice kind="good">The zip is downloaded.</Notice> : null}
      <p>
        <small>
          The CAR file is the whole repository with its signature; images and videos are not in it. The zip has the same
          as files that can be read, a record each, unpacked in this browser; <code>skylog pack</code> makes the CAR of
          them again, byte for byte.
        </small>
      </p>
    </>
  )
}

function save(file: Blob, name: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(file)
  link.download = name
  link.click()
  // The browser needs the address until the download has begun.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}
