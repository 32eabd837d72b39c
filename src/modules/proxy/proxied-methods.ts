/**
 * What an account has with its own server, and nobody is asked for in its stead: its repository, its identity, its
 * settings, and reports, which have a way of their own.
 */
const KEPT =
  /^(app\.bsky\.actor\.(get|put)Preferences|com\.atproto\.(admin|identity|moderation|repo|server|sync|temp)\..*)$/
const BSKY = 'app.bsky.'

/** Whether a method is never passed on. */
export function isKept(nsid: string): boolean {
  return KEPT.test(nsid)
}

/** Whether any AppView answers a method: this server, and that of the settings for what is not known here. */
export function isOfAppView(nsid: string): boolean {
  return nsid.startsWith(BSKY)
}
