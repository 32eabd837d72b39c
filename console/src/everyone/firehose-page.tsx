import { Page } from '../ui/page.js'
export default function FirehosePage() {
  return (
    <Page title="Firehose">
      <p>…</p>
    </Page>
  )
}
