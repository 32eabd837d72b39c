import type { ComponentChildren } from 'preact'
<<<<<<< HEAD
import type { Fault } from '../api/fault.js'
import { keepPlace } from './keep-place.js'
=======
import { useEffect } from 'preact/hooks'
import type { Fault } from '../api/fault.js'
>>>>>>> main
import { FaultNotice } from './notice.js'
import { keepPlace } from './keep-place.js'
import type { Load } from './use-load.js'
import type { Pages } from './use-pages.js'

/** Shows something once it is there, and until then that it is on its way, or why it does not come. */
export function Loaded<Value>({
  of: load,
  children,
}: {
  of: Load<Value>
  children: (value: Value) => ComponentChildren
}) {
  return (
    <>
<<<<<<< HEAD
      <FaultNotice fault={load.fault} />
      {mayPass(load.fault) ? <TryAgain reload={load.reload} /> : null}
=======
      <NotLoaded fault={load.fault} onAgain={load.reload} />
>>>>>>> main
      {load.value !== undefined ? children(load.value) : load.isLoading ? <Waiting /> : null}
    </>
  )
}

/** Shows a list and a button for the rest of it. `empty` stands where there is nothing. */
export function Paged<Item>({
  of: pages,
  empty,
  children,
}: {
  of: Pages<Item>
  empty: string
  children: (items: Item[]) => ComponentChildren
}) {
  const isEmpty = pages.items.length === 0
  return (
    <>
      {!isEmpty && children(pages.items)}
<<<<<<< HEAD
      <FaultNotice fault={pages.fault} />
      {isEmpty && mayPass(pages.fault) ? <TryAgain reload={pages.reload} /> : null}
=======
      <NotLoaded fault={pages.fault} onAgain={isEmpty ? pages.reload : pages.more} />
>>>>>>> main
      {pages.isLoading && (isEmpty || !pages.hasMore) ? <Waiting /> : null}
      {!pages.isLoading && isEmpty && !pages.fault ? <p class="empty">{empty}</p> : null}
      {pages.hasMore && !pages.fault?.mayPass && !(isEmpty && pages.isLoading) ? (
        <p class="more">
          <button type="button" onClick={pages.more} aria-disabled={pages.isLoading}>
            {pages.isLoading ? 'Loading …' : 'Show more'}
          </button>
        </p>
      ) : null}
    </>
  )
}

<<<<<<< HEAD
/** A server that is away may come back; one that refuses will refuse again. */
function mayPass(fault: Fault | undefined): boolean {
  return fault !== undefined && (fault.status === 0 || fault.status === 429 || fault.status >= 500)
}

function TryAgain({ reload }: { reload: () => Promise<void> }) {
  return (
    <p>
      <button type="button" onClick={() => void reload().then(keepPlace())}>
        Try again
      </button>
    </p>
=======
/** Why it does not come. What may pass can be tried again, and is as soon as the browser is online. */
function NotLoaded({ fault, onAgain }: { fault: Fault | undefined; onAgain: () => unknown }) {
  useEffect(() => {
    if (fault?.error !== 'Unreachable') return
    addEventListener('online', onAgain)
    return () => removeEventListener('online', onAgain)
  }, [fault])
  const again = async (): Promise<void> => {
    const back = keepPlace()
    await onAgain()
    back()
  }
  return (
    <>
      <FaultNotice fault={fault} />
      {fault?.mayPass ? (
        <p>
          <button type="button" onClick={() => void again()}>
            Try again
          </button>
        </p>
      ) : null}
    </>
>>>>>>> main
  )
}

export function Waiting() {
  return (
    <p class="waiting" role="status">
      Loading …
    </p>
  )
}
