/** Letters and digits that cannot be taken for one another. */
const ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789'
const GROUPS = 5
const GROUP = 4

/** A password that can be told over the phone: five groups of four, 99 bits. */
export function newPassword(): string {
  const letters: string[] = []
  while (letters.length < GROUPS * GROUP) {
    const [byte] = crypto.getRandomValues(new Uint8Array(1))
    // Bytes past the last whole round would make some letters likelier.
    if (byte! < Math.floor(256 / ALPHABET.length) * ALPHABET.length) letters.push(ALPHABET[byte! % ALPHABET.length]!)
  }
  return letters.join('').replace(/(.{4})(?=.)/g, '$1-')
}
