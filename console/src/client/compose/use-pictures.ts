import { useEffect, useRef, useState } from 'preact/hooks'
import { Fault } from '../../api/fault.js'
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
}

export function usePictures(): ChosenPictures {
  const [list, setList] = useState<ChosenPicture[]>([])
  const [fault, setFault] = useState<Fault>()
  const urls = useRef(new Set<string>())
  const forget = (url: string): void => {
    URL.revokeObjectURL(url)
    urls.current.delete(url)
  }
  useEffect(() => () => urls.current.forEach((url) => URL.revokeObjectURL(url)), [])
  return {
    list,
    fault,
    async add(files) {
      const pictures = [...(files ?? [])].filter(({ type }) => type.startsWith('image/'))
      setFault(undefined)
      try {
        if (pictures.length + list.length > MAX_PICTURES)
          throw new Error(`A post has room for ${MAX_PICTURES} pictures`)
        for (const file of pictures) {
          const fitted = await fitPicture(file, POST_PICTURE)
          const url = URL.createObjectURL(fitted.blob)
          urls.current.add(url)
          setList((list) => [...list, { ...fitted, url, alt: '' }].slice(0, MAX_PICTURES))
        }
      } catch (error) {
        setFault(Fault.of(error))
      }
    },
    describe: ({ url }, alt) => setList((list) => list.map((one) => (one.url === url ? { ...one, alt } : one))),
    remove({ url }) {
      forget(url)
      setList((list) => list.filter((one) => one.url !== url))
    },
    clear() {
      list.forEach(({ url }) => forget(url))
      setList([])
    },
  }
}
