/** What a mail server, or the way to it, says against a mail, as nodemailer reports it. */

/** An error of nodemailer's: `code` is its own (`EAUTH`, `EENVELOPE` …), the rest is the server's answer to `command`. */
export interface SmtpError extends Error {
  code?: string
  command?: string
  responseCode?: number
  response?: string
}

/** Longest piece of an answer that is repeated. */
const MAX_TEXT = 300

/** Whether this very mail will never be taken (RFC 5321 section 4.2.1: 5yz), for its recipient or its content. */
export function isRefusal({ command, responseCode = 0 }: SmtpError): boolean {
  return responseCode >= 500 && responseCode < 600 && (command === 'RCPT TO' || command === 'DATA')
}

/** What went wrong, in one line. `secret` is left out of it, should the server repeat it. */
export function failureText(error: SmtpError, secret?: string): string {
  const said = error.response ?? error.message
  const text = secret ? said.replaceAll(secret, '…') : said
  return text.replace(/\s+/g, ' ').slice(0, MAX_TEXT)
}

/** What an operator can do about it. */
export function adviceFor(error: SmtpError): string {
  const { code = '', command, message, responseCode = 0 } = error
  if (isRefusal(error)) return 'The server refuses this recipient or this mail: try another address.'
  if (command === 'MAIL FROM') return 'The server does not send for PDS_EMAIL_FROM_ADDRESS: use an address of your own.'
  if (code === 'EAUTH' || responseCode === 530)
    return 'Check user and password in PDS_EMAIL_SMTP_URL; characters like @ : / in them are written as %40 %3A %2F.'
  if (code === 'EDNS' || /ENOTFOUND|EAI_AGAIN/.test(message)) return 'Check the host name in PDS_EMAIL_SMTP_URL.'
  if (/certificate|self.signed/i.test(message))
    return 'The certificate is not that of the host in PDS_EMAIL_SMTP_URL: use the name that it is made out to.'
  if (code === 'ETLS' || /wrong version number|SSL|TLS/i.test(message))
    return 'smtps:// speaks TLS from the start (port 465), smtp:// asks for it (port 587): one may be needed for the other.'
  if (code === 'ETIMEDOUT' || code === 'ECONNECTION' || /ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|closed/.test(message))
    return 'Check host and port in PDS_EMAIL_SMTP_URL, and that this machine may connect to it (many block port 25).'
  return 'The mail server may be busy: try again, and read its log.'
}
