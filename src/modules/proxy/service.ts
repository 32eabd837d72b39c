/** A service elsewhere. */
export interface Service {
  /** Without a slash at its end. */
  url: string
  /** Whom tokens for it name; null: it is asked as nobody. */
  did: string | null
  /** The operator named it. */
  trusted?: boolean
}
