/** The certificate that clients are shown. */
import { isIP } from 'node:net'
import { connect, type PeerCertificate } from 'node:tls'
import { type Check, NETWORK_MS } from '../check.js'
import { type Finding, ok, problem, reasonOf, warning } from '../finding.js'

const DAY_MS = 24 * 60 * 60 * 1000
/** Certificates are renewed when a third of their time is left; half of that is late. */
const LATE = 1 / 6

export const TLS: Check[] = [
  {
    area: 'tls',
    where: 'front',
    run: async ({ running, clock }) => {
      const { hostname, port } = new URL(running!.address.url)
      let shown: Shown
      try {
        shown = await certificateOf(hostname, Number(port || 443))
      } catch (error) {
        return [
          problem(
            `nobody speaks TLS at ${hostname}:${port || 443}: ${reasonOf(error)}`,
            'Put a proxy with a certificate before this server, as Caddy, and open the port; behind a router, see whether it lets this machine reach its own public address.',
          ),
        ]
      }
      return [certificateFinding(hostname, shown, clock.now())]
    },
  },
]

interface Shown {
  certificate: PeerCertificate
  /** Why it is not to be trusted for that name; null where it is. */
  refusal: string | null
}

function certificateFinding(hostname: string, { certificate, refusal }: Shown, now: number): Finding {
  const [from, until] = [Date.parse(certificate.valid_from), Date.parse(certificate.valid_to)]
  const days = Math.floor((until - now) / DAY_MS)
  if (until <= now)
    return problem(
      `the certificate of ${hostname} expired on ${certificate.valid_to}`,
      'Renew it; see why that does not happen by itself.',
    )
  if (refusal !== null)
    return problem(
      `clients do not trust the certificate of ${hostname}: ${refusal}`,
      "Have one made out to that name by an authority that clients know (Let's Encrypt), and serve the whole chain.",
    )
  if (until - now < (until - from) * LATE)
    return warning(
      `the certificate of ${hostname} expires in ${days} days, and has not been renewed`,
      'See why it is not renewed by itself.',
    )
  return ok(`the certificate of ${hostname} is good for ${days} days`)
}

function certificateOf(host: string, port: number): Promise<Shown> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, ...(isIP(host) === 0 && { servername: host }), rejectUnauthorized: false })
    socket.setTimeout(NETWORK_MS, () => socket.destroy(new Error('no answer')))
    socket
      .on('secureConnect', () => {
        const certificate = socket.getPeerCertificate()
        resolve({ certificate, refusal: socket.authorized ? null : refusalOf(socket.authorizationError, certificate) })
        socket.destroy()
      })
      .on('error', reject)
  })
}

/** An error here is a code, or has one. */
function refusalOf(error: Error | string, { subjectaltname }: PeerCertificate): string {
  const code = typeof error === 'string' ? error : reasonOf(error)
  return code === 'ERR_TLS_CERT_ALTNAME_INVALID' ? `it is made out to ${subjectaltname ?? 'no name'}` : code
}
