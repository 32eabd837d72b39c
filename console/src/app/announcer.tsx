import { signal } from '@preact/signals'

const said = signal('')

/** Says to screen readers which page is there now, and puts the keyboard at its beginning. */
export function announce(): void {
  requestAnimationFrame(() => {
    const heading = document.querySelector<HTMLElement>('main h1')
    said.value = heading?.textContent ?? document.title
    if (document.activeElement === document.body || document.activeElement?.tagName === 'A')
      heading?.focus({ preventScroll: true })
  })
}

/** Says something to screen readers that everybody else sees. */
export function say(words: string): void {
  // What is said twice is said again.
  said.value = ''
  requestAnimationFrame(() => (said.value = words))
}

/** Says what has become of something that is not there any more, and takes the keyboard from there to the top of the page. */
export function leave(words: string): void {
  say(words)
  requestAnimationFrame(() => document.querySelector<HTMLElement>('main h1')?.focus())
}

export function Announcer() {
  return (
    <p class="unseen" aria-live="polite">
      {said}
    </p>
  )
}
