/**
 * What gives something away by its form, and what is said instead. No room writes such things into its messages; those of
 * others (a driver, a server elsewhere, a library) may repeat what they were given. Each takes time in proportion to the text.
 */
const FORMS: readonly [form: RegExp, instead: string | ((...parts: string[]) => string)][] = [
  // Credentials of HTTP (RFC 9110, section 11), whatever the scheme.
  [/\b(bearer|basic|dpop|digest)(\s+)[\w.~+/=-]{6,}/gi, '$1$2[secret]'],
  // Signed tokens (RFC 7519): access, refresh, service tokens, proofs of possession.
  [/(?<![\w-])eyJ[\w-]{6,}\.[\w-]+(\.[\w-]*)?/g, '[token]'],
  // Who signs in to what an address names, and what is asked of it: names are told, values are not.
  [/(\b[a-z][a-z0-9+.-]{0,30}:\/\/)[^\s/?#@]+@/gi, '$1[secret]@'],
  [
    /(\b(?:https?|wss?):\/\/[^\s?#]{0,2000}|\/xrpc\/[\w.]*)\?([^\s"'<>]*)/gi,
    (_, before, query) => `${before}?${named(query!)}`,
  ],
  // App passwords, and codes that go over mail; keys in PEM.
  [/\b[a-z2-7]{4}(-[a-z2-7]{4}){3}\b/g, '[secret]'],
  [/\b[A-Z2-7]{5}-[A-Z2-7]{5}\b/g, '[secret]'],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g, '[secret]'],
  // Anything that is said to be one: `password=…`, `"refreshJwt":"…"`.
  [
    /\b([a-z_]*(?:password|secret|token|jwt|cookie|authorization)(?:\s*=\s*|["']\s*:\s*))("[^"]*"|(?!…)[^\s,;}&]+)/gi,
    '$1[secret]',
  ],
]

/** A text without what nobody may read in a log. */
export function withoutSecrets(text: string): string {
  return FORMS.reduce((left, [form, instead]) => left.replace(form, instead as string), text)
}

function named(query: string): string {
  return query.replace(/=[^&#]*/g, '=…')
}
