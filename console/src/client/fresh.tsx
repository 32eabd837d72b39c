/** Tells that there is something new, and leaves the page as it is until that is asked for. `what` is one of it. */
export function Fresh({
  count,
  isMore = false,
  what,
  onShow,
}: {
  count: number
  isMore?: boolean
  what: string
  onShow: () => void
}) {
  const words = count === 1 ? `1 new ${what}` : `${count} new ${what}s`
  return (
    <div class="fresh" role="status">
      {count > 0 ? (
        <button type="button" class="primary" onClick={onShow}>
          {isMore ? `More than ${words}` : words}
        </button>
      ) : null}
    </div>
  )
}
