/** What becomes of requests between the public name and here. */
import { WebSocket } from 'ws'
import { AddressList } from '../../config/address-list.js'
import type { Config } from '../../config/config.js'
import type { Arrival } from '../arrivals.js'
import { type Check, NETWORK_MS } from '../check.js'
import { type Finding, ok, problem, reasonOf, warning } from '../finding.js'
import type { Patient, RunningParts } from '../patient.js'

/** What a commit or an image may well have. */
const BODY_BYTES = 5_000_000
/** Nobody's, for documentation (RFC 5737): what a client claims who wants to be somebody else. */
const CLAIMED = '203.0.113.77'
/** Beyond all that is or will be in a log: the answer is one frame, whatever the log has. */
const FUTURE = Number.MAX_SAFE_INTEGER

export const PROXY: Check[] = [
  { area: 'proxy', where: 'front', run: requests },
  { area: 'proxy', where: 'front', run: streams },
]

async function requests({ config, fetch, running }: Patient, signal: AbortSignal): Promise<Finding[]> {
  const { address, arrivals } = running!
  const awaited = arrivals.expect()
  try {
    const { status } = await fetch.fetch(`${address.url}/admin/doctor/arrivals/${awaited.token}`, {
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream', 'x-forwarded-for': CLAIMED },
      body: Buffer.alloc(BODY_BYTES),
      trusted: true,
      timeoutMs: NETWORK_MS,
      signal,
    })
    const { arrival } = awaited
    if (arrival) return [ok('the proxy lets uploads of 5 MB through'), forwardingFinding(arrival, config)]
    if (status === 413)
      return [
        problem(
          'the proxy refuses uploads of 5 MB',
          `Let it take bodies of PDS_BLOB_UPLOAD_LIMIT, ${config.blobUploadLimit} bytes (nginx: client_max_body_size 100m).`,
        ),
      ]
    return [
      problem(
        `requests to ${address.url} do not get here: status ${status}`,
        `Have the proxy pass everything on to port ${config.port} of this machine.`,
      ),
    ]
  } catch (error) {
    // One that cuts a body off may do so before it answers.
    return [
      problem(
        `an upload of 5 MB to ${address.url} ${awaited.arrival ? 'gets no answer' : 'does not get here'}: ${reasonOf(error)}`,
        `Have the proxy pass everything on to port ${config.port} of this machine, with bodies of PDS_BLOB_UPLOAD_LIMIT (nginx: client_max_body_size 100m).`,
      ),
    ]
  } finally {
    awaited.forget()
  }
}

/** Whether what the proxy says of the client's address is said, believed, and its own word. */
export function forwardingFinding(
  { connected, forwardedFor }: Arrival,
  { trustedProxies }: Pick<Config, 'trustedProxies'>,
): Finding {
  const isTrusted = new AddressList(trustedProxies).has(connected)
  if (forwardedFor === null)
    return warning(
      'the proxy does not say whom a request comes from: limits count all clients as one',
      'Have it set X-Forwarded-For to the address of the client.',
    )
  if (!isTrusted)
    return warning(
      `${connected} says whom requests come from, and is not believed: limits count all clients as one`,
      `If that is your proxy, set PDS_TRUSTED_PROXIES=${[...trustedProxies, connected].join(',')}.`,
    )
  if (forwardedFor.split(',').at(-1)!.trim() === CLAIMED)
    return problem(
      'the proxy passes on what clients say of their own address: anyone can pass for anybody',
      'Have it add the address that is connected to it to X-Forwarded-For, or put that in its place.',
    )
  return ok('the proxy says whom requests come from, and is believed')
}

async function streams({ running }: Patient, signal: AbortSignal): Promise<Finding[]> {
  const advice =
    'Have the proxy pass WebSockets on (nginx: proxy_http_version 1.1, and the headers Upgrade and Connection); relays need them.'
  try {
    await oneFrame(running!, signal)
    return [ok('WebSockets get through')]
  } catch (error) {
    return [problem(`WebSockets do not get through: ${reasonOf(error)}`, advice)]
  }
}

/** Resolves when a frame has come. @throws Error saying why none does */
function oneFrame({ address }: RunningParts, signal: AbortSignal): Promise<void> {
  const url = `${address.url.replace(/^http/, 'ws')}/xrpc/com.atproto.sync.subscribeRepos?cursor=${FUTURE}`
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, { handshakeTimeout: NETWORK_MS, followRedirects: false })
    const late = setTimeout(() => fail(new Error('the connection is made, and nothing comes')), NETWORK_MS)
    const fail = (error: Error): void => {
      clearTimeout(late)
      reject(error)
      socket.terminate()
    }
    signal.addEventListener('abort', () => fail(new Error('no answer')), { once: true })
    socket
      .on('message', (_data, isBinary) => {
        clearTimeout(late)
        if (isBinary) resolve()
        else reject(new Error('what comes is no frame'))
        socket.terminate()
      })
      .on('error', fail)
      .on('close', () => fail(new Error('it is closed before a frame has come')))
  })
}
