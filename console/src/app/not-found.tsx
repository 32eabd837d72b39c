import { Page } from '../ui/page.js'

export function NotFound() {
  return (
    <Page title="Not found">
      <p>
        There is no such page. <a href="/">What this server is</a>
      </p>
    </Page>
  )
}
