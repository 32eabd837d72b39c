import type { ComponentChildren } from 'preact'
import type { Fault } from '../api/fault.js'
import { keepPlace } from './keep-place.js'
import { FaultNotice } from './notice.js'
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
      <FaultNotice fault={load.fault} />
      {mayPass(load.fault) ? <TryAgain reload={load.reload} /> : null}
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
      <FaultNotice fault={pages.fault} />
      {isEmpty && mayPass(pages.fault) ? <TryAgain reload={pages.reload} /> : null}
      {pages.isLoading && (isEmpty || !pages.hasMore) ? <Waiting /> : null}
      {!pages.isLoading && isEmpty && !pages.fault ? <p class="empty">{empty}</p> : null}
      {pages.hasMore && !(isEmpty && pages.isLoading) ? (
        <p class="more">
          <button type="button" onClick={pages.more} aria-disabled={pages.isLoading}>
            {pages.isLoading ? 'Loading …' : 'Show more'}
          </button>
        </p>
      ) : null}
    </>
  )
}

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
  )
}

export function Waiting() {
  return (
    <p class="waiting" role="status">
      Loading …
    </p>
  )
}
