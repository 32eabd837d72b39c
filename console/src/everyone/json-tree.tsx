import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { operator } from '../api/operator.js'
import { bytes } from '../ui/amounts.js'
import { OutLink } from '../ui/out-link.js'
import { explorePath, pathOfUri, takedownPath } from './places.js'

/** What is open when a page opens, and how much of a thing is shown before one asks for more. */
const OPEN_DEPTH = 4
const ITEMS = 100
const LENGTH = 1_000
const DID = /^did:(plc|web):[a-zA-Z0-9._:%-]{1,200}$/

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/**
 * A record as it is, with links where it points to something. `did` is the account whose blobs are meant. Whatever the value
 * holds is shown as text.
 */
export function JsonTree({ value, did }: { value: unknown; did: string }) {
  return (
    <div class="json scroll" role="region" aria-label="Record as data" tabIndex={0}>
      <Value value={value as Json} did={did} depth={0} />
    </div>
  )
}

interface Inside {
  /** The key that it stands under; none at the top. */
  name?: string
  did: string
  depth: number
}

function Value({ value, ...inside }: Inside & { value: Json }) {
  const { name, did } = inside
  if (value === null || typeof value !== 'object')
    return (
      <Named name={name}>
        {typeof value === 'string' ? <Text text={value} /> : <span class="json-plain">{String(value)}</span>}
      </Named>
    )
  if (Array.isArray(value)) return <Branch entries={value.map((item, i) => [String(i), item])} kind="[ ]" {...inside} />
  if (typeof value.$link === 'string')
    return (
      <Named name={name}>
        <code>{value.$link}</code>
      </Named>
    )
  const blob = blobOf(value)
  return (
    <>
      <Branch entries={Object.entries(value)} kind="{ }" {...inside} />
      {blob ? <BlobPreview did={did} {...blob} /> : null}
    </>
  )
}

function Named({ name, children }: { name: string | undefined; children: ComponentChildren }) {
  return (
    <>
      {name !== undefined ? <bdi class="json-key">{name.slice(0, LENGTH)}</bdi> : null} {children}
    </>
  )
}

function Branch({ entries, kind, name, did, depth }: Inside & { entries: [string, Json][]; kind: string }) {
  const [isOpen, setOpen] = useState(depth < OPEN_DEPTH)
  const [shown, setShown] = useState(ITEMS)
  if (entries.length === 0)
    return (
      <Named name={name}>
        <span class="json-plain">{kind}</span>
      </Named>
    )
  return (
    <details open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <Named name={name}>
          {kind} <small>{entries.length}</small>
        </Named>
      </summary>
      {/* What is closed is not made at all: records can be deep. */}
      {isOpen ? (
        <ul>
          {entries.slice(0, shown).map(([key, value]) => (
            <li key={key}>
              <Value name={key} value={value} did={did} depth={depth + 1} />
            </li>
          ))}
          {entries.length > shown ? (
            <li>
              <button type="button" class="quiet" onClick={() => setShown(shown + ITEMS)}>
                Show more of {entries.length}
              </button>
            </li>
          ) : null}
        </ul>
      ) : null}
    </details>
  )
}

function Text({ text }: { text: string }) {
  const [isWhole, setWhole] = useState(false)
  const path = text.length <= LENGTH ? (DID.test(text) ? explorePath(text) : pathOfUri(text)) : null
  if (path) return <a href={path}>{text}</a>
  if (text.length <= LENGTH && /^https?:\/\/\S+$/i.test(text)) return <OutLink href={text}>{text}</OutLink>
  return (
    <span class="json-text" dir="auto">
      {isWhole ? text : text.slice(0, LENGTH)}
      {text.length > LENGTH && !isWhole ? (
        <>
          …{' '}
          <button type="button" class="quiet" onClick={() => setWhole(true)}>
            Show all {text.length} characters
          </button>
        </>
      ) : null}
    </span>
  )
}

interface Blob {
  cid: string
  mimeType: string
  size: number | null
}

function BlobPreview({ did, cid, mimeType, size }: Blob & { did: string }) {
  const path = `/xrpc/com.atproto.sync.getBlob?did=${did}&cid=${cid}`
  return (
    <span class="json-blob">
      {mimeType.startsWith('image/') ? (
        <img src={`/img/feed_thumbnail/plain/${did}/${cid}@jpeg`} alt="The image of this blob" loading="lazy" />
      ) : null}
      <OutLink href={path}>
        {mimeType.slice(0, 100)} {size === null ? '' : bytes(size)}
      </OutLink>
      {operator.value ? <a href={takedownPath(`${did}/${cid}`)}>Takedown of this file</a> : null}
    </span>
  )
}

const CID = /^b[a-z2-7]{58}$/

function blobOf({ $type, ref, cid, mimeType, size }: { [key: string]: Json }): Blob | null {
  const link = $type === 'blob' ? (ref as { $link?: unknown } | null)?.$link : cid
  if (typeof link !== 'string' || !CID.test(link) || typeof mimeType !== 'string') return null
  return { cid: link, mimeType, size: typeof size === 'number' ? size : null }
}
