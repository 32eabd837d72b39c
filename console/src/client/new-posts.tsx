/** Tells that there is something new, and leaves the page as it is until that is asked for. */
export function NewPosts({ count, isMore, onShow }: { count: number; isMore: boolean; onShow: () => void }) {
  return (
    <div class="fresh" role="status">
      {count > 0 ? (
        <button type="button" class="primary" onClick={onShow}>
          {isMore ? `More than ${count} new posts` : count === 1 ? '1 new post' : `${count} new posts`}
        </button>
      ) : null}
    </div>
  )
}
