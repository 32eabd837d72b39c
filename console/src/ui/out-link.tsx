import type { ComponentChildren } from 'preact'

/**
 * A link that leaves the console, in a tab of its own. Links of others are told nothing of where they were followed from. What
 * is no address of the web is shown as text.
 */
export function OutLink({ href, children }: { href: string; children: ComponentChildren }) {
  return /^(https?:\/\/|\/)/i.test(href) ? (
    <a href={href} target="_blank" rel="noopener noreferrer nofollow">
      {children}
    </a>
  ) : (
    <span>{children}</span>
  )
}
