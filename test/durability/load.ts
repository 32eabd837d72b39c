/** Clients that write to a server until it dies under them, and know afterwards what it owes them. */
import * as dagCbor from '@ipld/dag-cbor'
import {
  buildTree,
  type CarBlock,
  Cid,
  type Did,
  encodeCar,
  encodeCbor,
  signCommit,
  SigningKey,
  TidClock,
} from '../../src/repo-engine/index.js'
import type { Fold } from '../support/invariants.js'

export const NOTE = 'com.example.note'

/** The server answered that it could not. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    body: string,
  ) {
    super(`${status} ${body}`)
  }
}

/** One request. @throws Refused for an answer that is not 200, whatever fetch throws when there is none. */
export async function ask<Body>(url: string, nsid: string, body?: unknown, auth?: string): Promise<Body> {
  const isCar = body instanceof Uint8Array
  const response = await fetch(`${url}/xrpc/${nsid}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      ...(body !== undefined && { 'content-type': isCar ? 'application/vnd.ipld.car' : 'application/json' }),
      ...(auth && { authorization: `Bearer ${auth}` }),
    },
    ...(body !== undefined && { body: isCar ? Buffer.from(body) : JSON.stringify(body) }),
  })
  const text = await response.text()
  if (response.status !== 200) throw new Refused(response.status, text)
  return (text ? JSON.parse(text) : {}) as Body
}

export interface Owner {
  name: string
  did: string
  accessJwt: string
}

export async function signUp(url: string, name: string): Promise<Owner> {
  const body = { handle: `${name}.test`, email: `${name}@example.com`, password: `${name}-password` }
  return { name, ...(await ask<Omit<Owner, 'name'>>(url, 'com.atproto.server.createAccount', body)) }
}

export async function signIn(url: string, name: string): Promise<Owner> {
  const body = { identifier: `${name}.test`, password: `${name}-password` }
  return { name, ...(await ask<Omit<Owner, 'name'>>(url, 'com.atproto.server.createSession', body)) }
}

/** The text under a record key; null: no record. */
type Changes = Map<string, string | null>

/**
 * Writes notes under keys of its own, one request after another. What it was told is stored is in `known`; of the last
 * request, when it was not answered, nothing is known but that it counts in whole or not at all.
 */
export class Writer {
  readonly known: Changes = new Map()
  acknowledged = 0
  private pending: Changes | null = null
  private made = 0

  constructor(
    readonly owner: Owner,
    private readonly prefix: string,
    private readonly random: () => number,
  ) {}

  /** Until a request fails or `stop` says so. Gives the error. */
  async run(url: string, stop: () => boolean = () => false): Promise<unknown> {
    try {
      while (!stop()) await this.write(url)
      return null
    } catch (error) {
      return error
    }
  }

  /** Fails when the repository is not what this writer was told, with or without its last request. */
  settle({ repos }: Fold): void {
    const found = new Map<string, string>()
    for (const [path, { bytes }] of repos.get(this.owner.did)!.records)
      if (path.startsWith(`${NOTE}/${this.prefix}-`))
        found.set(path.slice(NOTE.length + 1), dagCbor.decode<{ text: string }>(bytes).text)
    const state = (changes: Changes): [string, string][] =>
      [...changes].filter((entry): entry is [string, string] => entry[1] !== null).sort(([a], [b]) => (a < b ? -1 : 1))
    const without = new Map(this.known)
    const withIt = new Map([...this.known, ...(this.pending ?? [])])
    const stored = JSON.stringify(state(found))
    if (stored === JSON.stringify(state(withIt)))
      for (const [key, text] of this.pending ?? []) this.known.set(key, text)
    else expect(state(found)).toEqual(state(without))
    this.pending = null
  }

  private async write(url: string): Promise<void> {
    const kept = [...this.known].filter(([, text]) => text !== null).map(([key]) => key)
    const old = kept[Math.floor(this.random() * kept.length)]
    const fresh = `${this.prefix}-${this.made++}`
    const text = `${fresh} ${this.random()} ${'x'.repeat(this.random() * 400)}`
    const chance = this.random()
    const { did: repo } = this.owner
    const record = { $type: NOTE, text }
    const at = (rkey: string): object => ({ repo, collection: NOTE, rkey })
    if (!old || chance < 0.4) await this.send(url, [[fresh, text]], 'createRecord', { ...at(fresh), record })
    else if (chance < 0.6) await this.send(url, [[old, text]], 'putRecord', { ...at(old), record })
    else if (chance < 0.75) await this.send(url, [[old, null]], 'deleteRecord', at(old))
    else {
      const write = (action: string, rkey: string, value?: object): object => {
        return { $type: `com.atproto.repo.applyWrites#${action}`, collection: NOTE, rkey, value }
      }
      const second = `${fresh}b`
      const writes = [write('create', fresh, record), write('create', second, record), write('delete', old)]
      await this.send(
        url,
        [
          [fresh, text],
          [second, text],
          [old, null],
        ],
        'applyWrites',
        { repo, writes },
      )
    }
  }

  private async send(url: string, changes: [string, string | null][], method: string, body: object): Promise<void> {
    this.pending = new Map(changes)
    await ask(url, `com.atproto.repo.${method}`, body, this.owner.accessJwt)
    for (const [key, text] of this.pending) this.known.set(key, text)
    this.pending = null
    this.acknowledged++
  }
}

/** Replaces one repository over and over by a CAR of the next generation. */
export class Importer {
  /** The generation that was acknowledged last. */
  generation = 0
  private tried = 0

  constructor(
    readonly owner: Owner,
    private readonly records = 1500,
  ) {}

  async run(url: string): Promise<unknown> {
    try {
      for (;;) {
        const generation = ++this.tried
        await ask(
          url,
          'com.atproto.repo.importRepo',
          carOf(this.owner.did, generation, this.records),
          this.owner.accessJwt,
        )
        this.generation = generation
      }
    } catch (error) {
      return error
    }
  }

  /** The whole of the old repository or the whole of the new one. */
  settle({ repos }: Fold): void {
    const texts = [...repos.get(this.owner.did)!.records.values()].map(
      ({ bytes }) => dagCbor.decode<{ text: string }>(bytes).text,
    )
    const generations = new Set(texts.map((text) => Number(text.split(' ')[0])))
    expect(generations.size).toBeLessThanOrEqual(1)
    const [found = 0] = generations
    expect([this.generation, this.tried]).toContain(found)
    expect(texts).toHaveLength(found === 0 ? 0 : this.records)
    this.generation = found
  }
}

/** A repository of `records` notes of one generation, signed by nobody in particular. */
export function carOf(did: string, generation: number, records: number): Buffer {
  const blocks: CarBlock[] = []
  const entries = Array.from({ length: records }, (_, i): [string, Cid] => {
    const bytes = encodeCbor({ $type: NOTE, text: `${generation} ${i}` })
    const cid = Cid.ofCbor(bytes)
    blocks.push({ cid, bytes })
    return [`${NOTE}/k${String(i).padStart(5, '0')}`, cid]
  })
  const { root } = buildTree(entries, (node) => blocks.push(node))
  const rev = new TidClock(() => Date.now()).next()
  const bytes = signCommit({ did: did as Did, version: 3, data: root, rev, prev: null }, SigningKey.generate())
  const head = Cid.ofCbor(bytes)
  return encodeCar(head, [{ cid: head, bytes }, ...blocks])
}

/** Likes one post over and over: every commit replaces the one before, so there is one like, or none yet. */
export async function likeForever(url: string, owner: Owner, stop: () => boolean = () => false): Promise<unknown> {
  const uri = 'at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/app.bsky.feed.post/3jt5tsfbx2s2a'
  const cid = 'bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a'
  const record = { $type: 'app.bsky.feed.like', subject: { uri, cid }, createdAt: new Date().toISOString() }
  const body = { repo: owner.did, collection: 'app.bsky.feed.like', record }
  try {
    while (!stop()) await ask(url, 'com.atproto.repo.createRecord', body, owner.accessJwt)
    return null
  } catch (error) {
    return error
  }
}
