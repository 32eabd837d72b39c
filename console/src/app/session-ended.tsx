import { useLocation } from 'preact-iso'
import { useEffect } from 'preact/hooks'
import { hasEnded } from '../api/account.js'
import { signInPath } from './way-back.js'

/** Leads whoever's session has ended on the server to where one signs in, and from there back. */
export function SessionEnded() {
  const { url, route } = useLocation()
  const isOver = hasEnded.value
  useEffect(() => {
    if (!isOver) return
    hasEnded.value = false
    route(`${signInPath(url)}&ended`)
  }, [isOver])
  return null
}
