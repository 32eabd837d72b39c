import './account.css'
import type { ComponentChildren } from 'preact'
import { useLocation } from 'preact-iso'
import { Member } from '../ui/member.js'
import { Page } from '../ui/page.js'

const PAGES: [href: string, label: string][] = [
  ['/settings', 'Account'],
  ['/settings/sign-in', 'Password and codes'],
  ['/settings/sessions', 'Sessions and apps'],
  ['/settings/email', 'Email'],
  ['/settings/handle', 'Handle and identity'],
  ['/settings/seeing', 'What you see'],
  ['/settings/data', 'Your data'],
  ['/settings/move', 'Move'],
]

/** A page of settings, under the way to the others. */
export function SettingsFrame({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <Page title={title}>
      <Member>
        <SettingsNav />
        {children}
      </Member>
    </Page>
  )
}

/** The way from one page of settings to another. */
export function SettingsNav() {
  const { path } = useLocation()
  return (
    <nav class="subnav" aria-label="Settings">
      {PAGES.map(([href, label]) => (
        <a key={href} href={href} aria-current={path === href ? 'page' : undefined}>
          {label}
        </a>
      ))}
    </nav>
  )
}
