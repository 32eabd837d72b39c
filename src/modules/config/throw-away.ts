import type { Clock } from './clock.js'

/** A mail that nobody was sent. */
export interface KeptMail {
  /** As the header `X-Mail-Kind` tells it. */
  kind: string
  to: string
  subject: string
  text: string
}

/**
 * Makes a server one that nothing outlasts, as those of a test network are: writes need not reach the disk, passwords are
 * hashed as cheaply as can be, nobody but this machine is asked or answered, and signals are left to the program around
 * it. No variable of the environment says this.
 */
export interface ThrowAway {
  clock: Clock
  /** Takes every mail in place of a mail server. */
  keepMail(mail: KeptMail): void
}
