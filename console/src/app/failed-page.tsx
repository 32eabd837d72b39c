import type { ComponentChildren } from 'preact'
import { useLocation } from 'preact-iso'
import { useEffect, useErrorBoundary, useRef } from 'preact/hooks'
import { Notice } from '../ui/notice.js'
import { Page } from '../ui/page.js'

/** What stands in place of a page that cannot be shown. */
function Failed({ why }: { why: string }) {
  return (
    <Page title="This page failed">
      <Notice kind="bad">{why}</Notice>
      <p>
        <button type="button" onClick={() => location.reload()}>
          Load it again
        </button>
      </p>
    </Page>
  )
}

/** Pages whose files did not come. A browser asks for a file once; only when all is loaded anew, it asks again. */
const missed = new Set<string>()
const [TRIES, BETWEEN_MS] = [10, 1_000]

/**
 * In place of a page whose file does not come: there is no connection, or the server has been given other files since. It is loaded
 * anew as soon as there is a connection, or when somebody comes again and the server answers.
 */
export function NotFetched() {
  const { path } = useLocation()
  useEffect(() => {
    let isHere = true
    // A browser says that it is online a little before anything gets through.
    const again = async (): Promise<void> => {
      for (let tries = 0; isHere && tries < TRIES; tries++) {
        const isThere = await fetch(path).then(
          ({ ok }) => ok,
          () => false,
        )
        if (isThere && isHere) return location.reload()
        await new Promise((resolve) => setTimeout(resolve, BETWEEN_MS))
      }
    }
    const onOnline = (): void => void again()
    if (missed.has(path)) void again()
    missed.add(path)
    addEventListener('online', onOnline)
    return () => {
      isHere = false
      removeEventListener('online', onOnline)
    }
  }, [path])
  return <Failed why="The page could not be fetched. The server does not answer, or is of another version by now." />
}

/** Keeps the frame around a page that fails, so that there is a way to the others. */
export function Guarded({ children }: { children: ComponentChildren }) {
  const { url } = useLocation()
  const failedAt = useRef<string>(null)
  const [failure, reset] = useErrorBoundary((error: unknown) => {
    console.error(error)
    failedAt.current = url
  }) as [unknown, () => void]
  // Another page may do.
  useEffect(() => {
    if (failedAt.current !== url) reset()
  }, [url])
  return failure ? <Failed why="Something on this page cannot be shown: a fault of this console." /> : <>{children}</>
}
