import { readFileSync } from 'node:fs'

/** Words by category, with blanks between: names that would pass for the operator, or that software gives a meaning of its own. */
const WORDS = JSON.parse(readFileSync(new URL('./reserved-names.json', import.meta.url), 'utf8')) as Record<
  string,
  string
>
const RESERVED = new Set(Object.values(WORDS).flatMap((words) => words.split(' ')))
/** What nobody may look like either: whoever is taken for the operator is believed. */
const OPERATORS = new Set(WORDS.operators!.split(' ').map(skeletonOf))

/**
 * Whether nobody gets a name; nor one that looks like one of the operator's: digits for letters (`adm1n`), hyphens in between
 * (`ad-min`).
 */
export function isReservedName(name: string): boolean {
  return RESERVED.has(name) || OPERATORS.has(skeletonOf(name))
}

/** The same for names that a reader takes for each other. */
function skeletonOf(name: string): string {
  const letters: Record<string, string> = { 0: 'o', 1: 'l', i: 'l', 3: 'e', 4: 'a', 5: 's', 7: 't', '-': '' }
  // A name of digits alone looks like no word.
  if (/^[0-9-]+$/.test(name)) return name
  return name
    .replace(/[01345i7-]/g, (letter) => letters[letter]!)
    .replace(/rn/g, 'm')
    .replace(/vv/g, 'w')
}
