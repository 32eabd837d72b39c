const ALPHABET = '234567abcdefghijklmnopqrstuvwxyz'

let last = 0

/** A key for a new record: the moment in microseconds and a random number of this window (https://atproto.com/specs/tid). */
export function newTid(): string {
  last = Math.max(last + 1, Date.now() * 1000)
  return inBase32(last, 11) + inBase32(Math.floor(Math.random() * 1024), 2)
}

function inBase32(value: number, length: number): string {
  let text = ''
  for (let rest = value; text.length < length; rest = Math.floor(rest / 32)) text = ALPHABET[rest % 32] + text
  return text
}
