import { say } from '../app/announcer.js'
import { MenuItem } from '../ui/menu.js'

/** Takes the address of a page here along. Browsers allow that on pages that came over HTTPS, or from this very machine. */
export function CopyLink({ path }: { path: string }) {
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(location.origin + path)
    say('The link is copied')
  }
  return isSecureContext ? (
    <MenuItem onChoose={() => void copy().catch(() => say('The link could not be copied'))}>Copy link</MenuItem>
  ) : null
}
