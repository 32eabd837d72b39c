import type { ComponentChildren } from 'preact'
import { useEffect } from 'preact/hooks'
import type { Fault } from '../api/fault.js'
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
      <NotLoaded fault={load.fault} onAgain={load.reload} />
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
      <NotLoaded fault={pages.fault} onAgain={isEmpty ? pages.reload : pages.more} />
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
  )
}

export function Waiting() {
  return (
    <p class="waiting" role="status">
      Loading …
    </p>
  )
}
