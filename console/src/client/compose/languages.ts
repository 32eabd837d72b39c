const KEPT = 'skylog.language'
const COMMON = [
  'ar',
  'bn',
  'cs',
  'da',
  'de',
  'el',
  'en',
  'es',
  'fa',
  'fi',
  'fr',
  'he',
  'hi',
  'hu',
  'id',
  'it',
  'ja',
  'ko',
  'nl',
  'no',
  'pl',
  'pt',
  'ro',
  'ru',
  'sv',
  'ta',
  'th',
  'tr',
  'uk',
  'ur',
  'vi',
  'zh',
]
const NAMES = new Intl.DisplayNames('en', { type: 'language' })

/** What a post may be said to be written in: the languages of this browser first. */
export function languages(): { tag: string; name: string }[] {
  const own = navigator.languages.map((tag) => tag.split('-')[0]!)
  return [...new Set([...own, ...COMMON])].map((tag) => ({ tag, name: NAMES.of(tag) ?? tag }))
}

/** What was chosen the last time, else that of this browser. */
export function usualLanguage(): string {
  return localStorage.getItem(KEPT) ?? navigator.language.split('-')[0]!
}

export function keepLanguage(tag: string): void {
  localStorage.setItem(KEPT, tag)
}
