/** Whether the names lead here: that of the server, those of handles, and those that are DIDs. */
import type { Resolver } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { Config } from '../../config/config.js'
import type { Reader } from '../../database/database.js'
import { dnsResolver } from '../../identity/dns-txt.js'
import { isPublicAddress } from '../../identity/public-address.js'
import { serviceDomainOf } from '../../identity/service-handles.js'
import { type Check, NETWORK_MS } from '../check.js'
import { counted, type Finding, note, ok, orElse, problem, reasonOf, warning } from '../finding.js'
import type { Patient } from '../patient.js'

/** Accounts of each kind whose names are looked at, the newest ones. */
const SAMPLE = 3
/** A name that nobody has: what leads it here is the record for all. */
const ANY_NAME = 'skylog-doctor'
const NO_SUCH = new Set<string | undefined>(['ENOTFOUND', 'ENODATA', 'EBADNAME'])

export const NAMES: Check[] = [
  { area: 'dns', where: 'front', run: async ({ config }) => addresses(config) },
  { area: 'dns', where: 'front', run: async (patient, signal) => wellKnown(patient, signal) },
]

async function addresses(config: Config): Promise<Finding[]> {
  const { hostname, handleDomains, privateNetworks } = config
  const resolver = dnsResolver(config)
  const own = await addressesOf(resolver, hostname)
  if (own === null)
    return [warning(`no name server says where ${hostname} is`, 'Check the resolver of this machine, or DNS_SERVER.')]
  if (own.length === 0)
    return [problem(`${hostname} has no address`, `Add a record for it: ${hostname} A <the address of this server>.`)]
  const inside = own.filter((address) => !isPublicAddress(address))
  const found: Finding[] = []
  if (inside.length > 0 && !privateNetworks)
    found.push(
      problem(
        `${hostname} is at ${inside.join(', ')}, which nobody reaches from outside`,
        `Put the public address of this server into the A or AAAA record of ${hostname}.`,
      ),
    )
  else found.push(ok(`${hostname} is at ${own.join(', ')}`))
  for (const domain of handleDomains) {
    const any = await addressesOf(resolver, ANY_NAME + domain)
    const target = `Add a record for all of them: *${domain} CNAME ${hostname}.`
    if (any === null) continue
    if (any.length === 0)
      found.push(warning(`handles under ${domain} lead nowhere: there is no record for *${domain}`, target))
    else if (!any.some((address) => own.includes(address)))
      found.push(note(`names under ${domain} are at ${any.join(', ')}, and ${hostname} elsewhere`, target))
    else found.push(ok(`handles under ${domain} lead here`))
  }
  return found
}

/** Addresses of both kinds; null when nobody says. A name that is an address is its own. */
async function addressesOf(resolver: Resolver, name: string): Promise<string[] | null> {
  if (isIP(name)) return [name]
  const asked = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)])
  const failed = asked.filter((answer) => answer.status === 'rejected')
  const found = asked.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
  const isSilent = failed.some(({ reason }) => !NO_SUCH.has((reason as { code?: string }).code))
  return found.length === 0 && isSilent ? null : found
}

async function wellKnown(patient: Patient, signal: AbortSignal): Promise<Finding[]> {
  const { config, database } = patient
  const asked = [didDocument(patient, config.hostname, config.serviceDid, signal)]
  if (database) {
    for (const { did, handle } of await newest(database.read)) {
      const isOurs = serviceDomainOf(handle, config.handleDomains) !== null
      asked.push(handleFinding(patient, { did, handle, isOurs }, signal))
    }
    const web = await database.read.all<{ did: string }>(
      `SELECT did FROM web_identity WHERE EXISTS (SELECT 1 FROM account WHERE account.did = web_identity.did)
       ORDER BY created_at DESC LIMIT ${SAMPLE}`,
    )
    for (const { did } of web) asked.push(didDocument(patient, did.slice('did:web:'.length), did, signal))
  }
  const found = (await Promise.all(asked)).filter((finding) => finding !== null)
  const accounts = asked.length - 1
  const whose = accounts === 0 ? '' : ` and ${counted(accounts, 'account')}`
  return orElse(found, `what is under .well-known is right for this server${whose}`)
}

interface Named {
  did: string
  handle: string
}

async function newest(read: Reader): Promise<Named[]> {
  return read.all<Named>(
    `SELECT account.did, account.handle FROM account JOIN repo ON repo.did = account.did
     WHERE repo.hosting = 'hosted' AND repo.status IS NULL ORDER BY account.created_at DESC LIMIT ${2 * SAMPLE}`,
  )
}

/** What is wrong with the document of a did:web, or null. */
async function didDocument(
  { fetch }: Patient,
  host: string,
  did: string,
  signal: AbortSignal,
): Promise<Finding | null> {
  const url = `https://${host}/.well-known/did.json`
  const advice = `Have the proxy pass ${url} on to this server as it is, with its Host header.`
  try {
    const { status, body } = await fetch.fetch(url, { trusted: true, timeoutMs: NETWORK_MS, signal })
    if (status !== 200) return problem(`${url} answers with status ${status}`, advice)
    const { id } = JSON.parse(body.toString()) as { id?: unknown }
    return id === did ? null : problem(`${url} is the document of ${String(id).slice(0, 200)}, not of ${did}`, advice)
  } catch (error) {
    return problem(`${url} cannot be had: ${reasonOf(error)}`, advice)
  }
}

/** What is wrong with where a handle leads, or null. What the domain name system says counts before what is served. */
async function handleFinding(
  { fetch, config }: Patient,
  { did, handle, isOurs }: Named & { isOurs: boolean },
  signal: AbortSignal,
): Promise<Finding | null> {
  const texts = await dnsResolver(config)
    .resolveTxt(`_atproto.${handle}`)
    .catch(() => [])
  const claimed = texts.map((pieces) => pieces.join('')).filter((text) => text.startsWith('did='))
  if (claimed.length > 0) {
    if (claimed.every((text) => text === `did=${did}`)) return null
    return warning(
      `the TXT record _atproto.${handle} says ${claimed.join(' and ')}, not ${did}`,
      `Make it did=${did}, or remove it.`,
    )
  }
  const url = `https://${handle}/.well-known/atproto-did`
  const advice = isOurs
    ? `Have the proxy take *${handle.slice(handle.indexOf('.'))} with a certificate for it, and pass the Host header on.`
    : `Its owner has to add the TXT record _atproto.${handle} with did=${did}.`
  try {
    const { status, body } = await fetch.fetch(url, { trusted: true, timeoutMs: NETWORK_MS, redirects: 3, signal })
    const said = body.toString().split('\n', 1)[0]!.trim()
    if (status === 200 && said === did) return null
    return warning(`${url} says ${status === 200 ? said.slice(0, 200) : `status ${status}`}, not ${did}`, advice)
  } catch (error) {
    return warning(`the handle ${handle} leads nowhere: ${reasonOf(error)}`, advice)
  }
}
