/** Where to sign in, so that one comes back to `url` (a path with its query) afterwards. */
export function signInPath(url: string): string {
  return `/sign-in?back=${encodeURIComponent(url)}`
}

/** Where somebody who has signed in goes: to what `?back=` says, when that is a page here; else home. */
export function wayBack(back: string | undefined): string {
  const isHere = back !== undefined && /^\/(?![/\\])/.test(back) && !back.startsWith('/sign-in')
  return isHere ? back : '/home'
}
