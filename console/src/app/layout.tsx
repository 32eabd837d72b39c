import type { ComponentChildren } from 'preact'
import { useLocation } from 'preact-iso'
import { operator } from '../api/operator.js'
import { account } from '../api/account.js'
import { AccountState } from './account-state.js'
import { useUnread } from '../client/unread.js'

interface Entry {
  href: string
  label: string
}

const EVERYONE: Entry[] = [
  { href: '/', label: 'This server' },
  { href: '/explore', label: 'Repositories' },
  { href: '/firehose', label: 'Firehose' },
]
const MEMBER: Entry[] = [
  { href: '/home', label: 'Home' },
  { href: '/notifications', label: 'Notifications' },
  { href: '/search', label: 'Search' },
  { href: '/settings', label: 'Settings' },
]
const OPERATOR: Entry[] = [{ href: '/operator', label: 'Operator' }]

/** What stands around every page: the way to the others, on the left or, on a phone, at the top. */
export function Layout({ children }: { children: ComponentChildren }) {
  const isMember = account.value !== null
  const unread = useUnread()
  return (
    <div class="frame">
      <a class="skip" href="#main">
        Skip to the page
      </a>
      <header class="side">
        <a class="brand" href={isMember ? '/home' : '/'}>
          Skylog
        </a>
        <nav aria-label="Pages">
          {isMember && <Entries of={MEMBER} label="Your account" news={{ '/notifications': unread }} />}
          <Entries of={EVERYONE} label="For everyone" />
          {operator.value ? <Entries of={OPERATOR} label="Operator" /> : null}
        </nav>
        <p class="who">
          {isMember ? (
            <a href={`/profile/${account.value!.handle}`}>@{account.value!.handle}</a>
          ) : (
            <>
              <a href="/sign-in">Sign in</a>
              <a href="/sign-up">Sign up</a>
            </>
          )}
        </p>
      </header>
      <main id="main">
        <AccountState />
        {children}
      </main>
    </div>
  )
}

/** `news`: how much of a page has not been seen yet, by its address. */
function Entries({ of: entries, label, news = {} }: { of: Entry[]; label: string; news?: Record<string, number> }) {
  const { path } = useLocation()
  return (
    <ul aria-label={label}>
      {entries.map(({ href, label }) => (
        <li key={href}>
          <a href={href} aria-current={isWithin(path, href) ? 'page' : undefined}>
            {label}
            {news[href] ? (
              <>
                {' '}
                <span class="badge news">
                  {news[href] > 99 ? '99+' : news[href]}
                  <span class="unseen"> unread</span>
                </span>
              </>
            ) : null}
          </a>
        </li>
      ))}
    </ul>
  )
}

function isWithin(path: string, href: string): boolean {
  return path === href || (href !== '/' && path.startsWith(`${href}/`))
}
