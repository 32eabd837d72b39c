/** Whether the mail servers let this one in. Nothing is sent. */
import type { MailSettings } from '../../config/config.js'
import { adviceFor, failureText, type SmtpError } from '../../mail/smtp-failure.js'
import { openTransport } from '../../mail/smtp-transport.js'
import { type Check, NETWORK_MS } from '../check.js'
import { type Finding, note, ok, problem } from '../finding.js'

export const MAIL: Check[] = [
  {
    area: 'mail',
    where: 'outside',
    run: async ({ config: { mail, moderationMail, hostname } }) => {
      const servers = new Map([mail, moderationMail].filter((one) => one !== null).map((one) => [one.smtpUrl, one]))
      if (servers.size === 0)
        return [note('no mail server is set', '`skylog account codes` shows the codes that people ask for.')]
      return Promise.all([...servers.values()].map((server) => finding(server, hostname)))
    },
  },
]

async function finding(server: MailSettings, hostname: string): Promise<Finding> {
  // Without user and password.
  const { host } = new URL(server.smtpUrl)
  const transport = openTransport(server, hostname, { pool: 0, timeoutMs: NETWORK_MS })
  try {
    await transport.verify()
    return ok(`the mail server ${host} lets this one in; \`skylog mail test\` sends a mail`)
  } catch (error) {
    const failure = error as SmtpError
    return problem(`the mail server ${host} cannot be used: ${failureText(failure)}`, adviceFor(failure))
  } finally {
    transport.close()
  }
}
