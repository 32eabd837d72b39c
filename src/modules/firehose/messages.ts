/** What a subscriber is told that is no event of the log (https://atproto.com/specs/event-stream#framing). */
import { CborWriter } from '../../repo-engine/index.js'

/** Why the stream ends here. */
export function errorMessage(error: string, message: string): Buffer {
  return new CborWriter()
    .map(1)
    .text('op')
    .negint(-1)
    .map(2)
    .text('error')
    .text(error)
    .text('message')
    .text(message)
    .finish()
}

/** `#info`: something to know about the stream. */
export function infoMessage(name: string, message: string): Buffer {
  const header = new CborWriter().map(2).text('t').text('#info').text('op').uint(1)
  return header.map(2).text('name').text(name).text('message').text(message).finish()
}
