/**
 * Remembers where the keyboard is. What it gives is called when something has changed: if what had the keyboard is gone, the
 * keyboard is put to the heading of what was around it, instead of to the beginning of the page.
 */
export function keepPlace(): () => void {
  const before = document.activeElement
  const around: Element[] = []
  for (let place = before?.closest(PLACES); place; place = place.parentElement?.closest(PLACES)) around.push(place)
  const back = (): void => {
    if (document.activeElement !== null && document.activeElement !== document.body) return
    const isThere = before instanceof HTMLElement && before !== document.body && before.isConnected
    const target = isThere ? before : headingOf(around.find(({ isConnected }) => isConnected))
    // Whoever looks on is where they want to be.
    target?.focus({ preventScroll: true })
  }
  // What has changed is drawn with the next frame.
  return () => requestAnimationFrame(() => requestAnimationFrame(back))
}

const PLACES = 'section, dialog, main'

function headingOf(place: Element | undefined): HTMLElement | null {
  const heading = place?.querySelector<HTMLElement>('h1, h2, h3') ?? null
  heading?.setAttribute('tabindex', '-1')
  return heading
}
