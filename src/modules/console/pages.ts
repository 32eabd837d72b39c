/**
 * Where the console has pages; the router in console/src decides which. A page that is opened by its address is the same
 * document as `/`.
 */
export const PAGES = [
  '/',
  ...['/explore', '/explore/*', '/firehose'],
  ...['/home', '/notifications', '/search', '/profile/*'],
  ...['/sign-in', '/sign-up', '/reset-password', '/settings', '/settings/*'],
  ...['/operator', '/operator/*'],
]
