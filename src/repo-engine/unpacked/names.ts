/**
 * What the files of an unpacked repository are called: `<collection>/<rkey>.json`, in names that every file system
 * takes, keeps apart and gives back.
 *
 * A record key may be 512 characters long and holds capital letters, `:` and `~`. So in a name everything but `a-z`,
 * `0-9`, `_`, `-` and `.` is `%` and two hexadecimal digits: capital letters, because names that differ in case alone
 * are one file on many systems, `:` and `~`, which Windows gives a meaning. Escaped likewise is a first character that
 * would hide a file (`.`), look like an option (`-`) or make the name one that is taken (`con`, and at the top the
 * names of {@link TOP_NAMES}), and a `.` at the end. More than {@link MAX_NAME} characters go into folders: `<the first
 * ones>%/<the rest>`, a `%` that no digits follow. A key has exactly one path, and a path is at most one key's.
 */
import { RepoError } from '../errors.js'
import { isMstKey } from '../mst/node.js'

/** How a record stands in its file: as JSON; as its bytes, where JSON cannot say them; as bytes that are no DAG-CBOR. */
export type RecordForm = 'json' | 'cbor' | 'raw'

/** Longest name, without what marks a folder or a form; file systems take 255 bytes. */
const MAX_NAME = 200
/** No path of a key is longer, even if every character of it is escaped. */
const MAX_PATH = 4000
/** What stands beside the collections. */
export const TOP_NAMES = /^(?:commit\.json|index\.txt|blocks\.txt|beyond-[1-9]\d{0,4}\.car|blobs)$/
/** Windows takes these for devices, whatever stands after a dot. */
const DEVICES = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/
const PLAIN = /^[a-z0-9_](?:[a-z0-9_.-]{0,198}[a-z0-9_-])?$/
const KEPT = /[a-z0-9_.-]/
const FORM = /\.(json|cbor|raw)$/

/** The path of a record's file; `key` is `collection/rkey`. Folders are separated by `/` on every system. */
export function pathOfRecord(key: string, form: RecordForm): string {
  const slash = key.indexOf('/')
  return `${nameOf(key.slice(0, slash), TOP_NAMES)}/${nameOf(key.slice(slash + 1), null)}.${form}`
}

/** The record that a path belongs to. @throws RepoError InvalidSyntax for a path that {@link pathOfRecord} never gives */
export function parseRecordPath(path: string): { key: string; form: RecordForm } {
  const form = FORM.exec(path)?.[1] as RecordForm | undefined
  if (form === undefined || path.length > MAX_PATH) throw misnamed(path, 'no record is called that')
  // A folder that goes on in the next name ends with the mark, which belongs to no character.
  const whole = path.slice(0, -form.length - 1).replaceAll('%/', '')
  const key = whole.replace(/%([0-9a-f]{2})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 16)))
  if (!isMstKey(key)) {
    const wished = path.slice(0, -form.length - 1)
    const better = isMstKey(wished) ? `; the file of ${wished} is ${pathOfRecord(wished, form)}` : ''
    throw misnamed(path, `no record is called that${better}`)
  }
  const right = pathOfRecord(key, form)
  if (right !== path) throw misnamed(path, `the file of ${key} is ${right}`)
  return { key, form }
}

function nameOf(text: string, taken: RegExp | null): string {
  if (PLAIN.test(text) && !DEVICES.test(text) && !taken?.test(text)) return text
  const names: string[] = []
  let name = ''
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!
    const isLastDot = char === '.' && i === text.length - 1
    const piece = KEPT.test(char) && !isLastDot ? char : escaped(char)
    if (name.length + piece.length > MAX_NAME) {
      names.push(name)
      name = ''
    }
    name += piece
  }
  names.push(name)
  return names.map((each) => (isUnfit(each) || taken?.test(each) ? escaped(each[0]!) + each.slice(1) : each)).join('%/')
}

function isUnfit(name: string): boolean {
  return name[0] === '.' || name[0] === '-' || DEVICES.test(name)
}

function escaped(char: string): string {
  return `%${char.charCodeAt(0).toString(16)}`
}

function misnamed(path: string, why: string): RepoError {
  return new RepoError('InvalidSyntax', `${shown(path)}: ${why}`)
}

/** A name for people to read: what cannot be seen in it is spelled out, and it does not go on for ever. */
export function shown(path: string): string {
  const visible = path.replace(/[^\x21-\x7e]/gu, (char) => `\\u{${char.codePointAt(0)!.toString(16)}}`)
  return visible.length > 300 ? `${visible.slice(0, 300)}…` : visible
}
