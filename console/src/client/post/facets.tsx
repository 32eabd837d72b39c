import { type AppBskyRichtextFacet, RichText } from '@atproto/api'
import { safeUrl } from '../links.js'

/** Text of others with its links, mentions and tags. Whatever is wrong with these is shown as the text that it is. */
export function FacetText({ text, facets }: { text: string; facets?: AppBskyRichtextFacet.Main[] }) {
  return (
    <>
      {[...new RichText({ text, facets }).segments()].map((segment, index) => {
        if (segment.mention)
          return (
            <a key={index} href={`/profile/${segment.mention.did}`}>
              {segment.text}
            </a>
          )
        if (segment.tag)
          return (
            <a key={index} href={`/search?tab=posts&q=${encodeURIComponent(`#${segment.tag.tag.replace(/^#/, '')}`)}`}>
              {segment.text}
            </a>
          )
        const url = segment.link && safeUrl(segment.link.uri)
        return url ? <OutsideLink key={index} url={url} text={segment.text} /> : <span key={index}>{segment.text}</span>
      })}
    </>
  )
}

/** A link to elsewhere. One whose text is the address of another place says where it really goes. */
export function OutsideLink({ url, text }: { url: URL; text: string }) {
  return (
    <>
      <a href={url.href} target="_blank" rel="noopener noreferrer nofollow" title={url.href}>
        {text}
      </a>
      {isOtherPlace(text, url) ? <small> (goes to {url.host})</small> : null}
    </>
  )
}

function isOtherPlace(text: string, url: URL): boolean {
  const [host] = /^(?:https?:\/\/)?([^\s/?#:@]+\.[^\s/?#:@.…]{2,})/i.exec(text.trim())?.slice(1) ?? []
  return host !== undefined && bare(host) !== bare(url.hostname)
}

function bare(host: string): string {
  return (URL.parse(`http://${host}`)?.hostname ?? host).replace(/^www\./, '')
}

const ADDRESS = /(https?:\/\/[^\s<>"']*[^\s<>"'.,;:!?)])/

/** Text without facets (a description): addresses in it are links. */
export function LinkedText({ text }: { text: string }) {
  return (
    <>
      {text.split(ADDRESS).map((part, index) => {
        const url = index % 2 === 1 ? safeUrl(part) : null
        return url ? <OutsideLink key={index} url={url} text={part} /> : part
      })}
    </>
  )
}
