import { createTransport, type Transporter } from 'nodemailer'
import type { MailSettings } from '../config/config.js'

export interface TransportOptions {
  /** Connections that are kept for the next mail; 0: one for each. */
  pool: number
  /** How long the server may say nothing. */
  timeoutMs: number
}

/** A way to a mail server, which is not connected to yet. `hostname` is what this server calls itself there. */
export function openTransport(
  { smtpUrl }: MailSettings,
  hostname: string,
  { pool, timeoutMs }: TransportOptions,
): Transporter {
  const options = {
    url: smtpUrl,
    pool: pool > 0,
    maxConnections: pool,
    name: hostname,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  }
  return createTransport(options as Parameters<typeof createTransport>[0]) as Transporter
}
