/** Signs on buttons. Each is drawn in the colour of the text, and says nothing by itself: the button has a name. */
const PATHS = {
  reply: 'M10 9V5l-7 7 7 7v-4.1c5 0 8.5 1.6 11 5.1-1-5-4-10-11-11z',
  repost: 'M7 7h10v3l4-4-4-4v3H5v6h2V7zm10 10H7v-3l-4 4 4 4v-3h12v-6h-2v4z',
  quote: 'M6 17h3l2-4V7H5v6h3l-2 4zm8 0h3l2-4V7h-6v6h3l-2 4z',
  like: 'M12 20.5 4.3 13A5.2 5.2 0 0 1 12 6a5.2 5.2 0 0 1 7.7 7z',
  bookmark: 'M6.5 3.500h11v17L12 16.500l-5.5 4z',
  more: 'M5 10.200a1.8 1.8 0 1 0 0 3.6 1.8 1.8 0 0 0 0-3.600zm7 0a1.8 1.8 0 1 0 0 3.6 1.8 1.8 0 0 0 0-3.600zm7 0a1.8 1.8 0 1 0 0 3.6 1.8 1.8 0 0 0 0-3.600z',
} as const

export type IconName = keyof typeof PATHS

/** `isOn`: filled, for what is pressed. */
export function Icon({ name, isOn = false }: { name: IconName; isOn?: boolean }) {
  const isOutline = name === 'like' || name === 'bookmark'
  return (
    <svg class={isOutline && !isOn ? 'icon outline' : 'icon'} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  )
}
