import { signal } from '@preact/signals'
import { useRef, useState } from 'preact/hooks'
import { ownDid } from '../../api/account.js'
import { Fault } from '../../api/fault.js'
import { nameOfOccasion, type Occasion } from './composing.js'
import { type FittedPicture, fitPicture, POST_PICTURE } from './fit-picture.js'
import { MAX_PICTURES } from './publish.js'

/** A picture that was chosen for a post. `url` shows it in this window. */
export interface ChosenPicture extends FittedPicture {
  url: string
  alt: string
}

export interface ChosenPictures {
  list: ChosenPicture[]
  fault: Fault | undefined
  /** Takes files that are pictures, as many as there is room for; others are left. */
  add(files: FileList | null | undefined): Promise<void>
  describe(picture: ChosenPicture, alt: string): void
  remove(picture: ChosenPicture): void
  clear(): void
  /** All that were taken, once the last of them is made to fit. @throws Fault when one is not */
  whole(): Promise<ChosenPicture[]>
}

/** So many posts may have pictures while they are written. */
const MOST = 8

/** The pictures of posts that are being written, by account and occasion, the newest last: for as long as this window is open. */
const chosen = signal<Record<string, ChosenPicture[]>>({})

export function usePictures(of: Occasion): ChosenPictures {
  const [fault, setFault] = useState<Fault>()
  const adding = useRef<Promise<Fault | undefined> | null>(null)
  const name = `${ownDid()} ${nameOfOccasion(of)}`
  const list = chosen.value[name] ?? []
  const change = (how: (list: ChosenPicture[]) => ChosenPicture[]): void => {
    const { [name]: before = [], ...others } = chosen.value
    const list = how(before)
    put(Object.entries(list.length > 0 ? { ...others, [name]: list } : others).slice(-MOST))
  }
  const listNow = (): ChosenPicture[] => chosen.value[name] ?? []
  const take = async (pictures: File[]): Promise<Fault | undefined> => {
    try {
      if (pictures.length + listNow().length > MAX_PICTURES)
        throw new Error(`A post has room for ${MAX_PICTURES} pictures`)
      for (const file of pictures) {
        const fitted = await fitPicture(file, POST_PICTURE)
        const picture = { ...fitted, url: URL.createObjectURL(fitted.blob), alt: '' }
        change((list) => [...list, picture])
      }
    } catch (error) {
      const fault = Fault.of(error)
      setFault(fault)
      return fault
    }
  }
  return {
    list,
    fault,
    async add(files) {
      const pictures = [...(files ?? [])].filter(({ type }) => type.startsWith('image/'))
      setFault(undefined)
      // One after the other, in the order in which they were chosen.
      const mine = Promise.resolve(adding.current).then(() => take(pictures))
      adding.current = mine
      await mine
      if (adding.current === mine) adding.current = null
    },
    describe: ({ url }, alt) => change((list) => list.map((one) => (one.url === url ? { ...one, alt } : one))),
    remove: ({ url }) => change((list) => list.filter((one) => one.url !== url)),
    clear: () => change(() => []),
    async whole() {
      const fault = await adding.current
      if (fault) throw fault
      return listNow()
    },
  }
}

/** Puts them in place, and lets go of what is not among them any more. */
function put(entries: [string, ChosenPicture[]][]): void {
  const kept = new Set(entries.flatMap(([, list]) => list.map(({ url }) => url)))
  const before = Object.values(chosen.value).flat()
  chosen.value = Object.fromEntries(entries)
  for (const { url } of before) if (!kept.has(url)) URL.revokeObjectURL(url)
}
