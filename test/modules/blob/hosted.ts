/** Uploads to a test server, and a look at what its store holds. */
import { existsSync, readdirSync, readlinkSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { AtpAgent, BlobRef } from '@atproto/api'
import { Secrets } from '../../../src/modules/config/secrets.js'
import { Cid } from '../../../src/repo-engine/index.js'
import type { TestServer } from '../../support/account-app.js'

export const MIB = 1024 * 1024

/** What a call has answered. */
export interface Answer {
  status: number
  error?: string
  message?: string
  headers: Headers
  bytes: Buffer
}

export async function answerOf(response: Response): Promise<Answer> {
  const bytes = Buffer.from(await response.arrayBuffer())
  const { status, headers } = response
  const isError = status >= 400 && bytes.length > 0
  return { status, headers, bytes, ...(isError && (JSON.parse(bytes.toString()) as { error: string })) }
}

/** An account with a client that is signed in as it. */
export async function signUp(server: TestServer, name: string): Promise<AtpAgent & { assertDid: string }> {
  const { did, handle, accessJwt, refreshJwt } = await server.createAccount(name)
  const agent = server.agent()
  await agent.resumeSession({ did, handle, accessJwt, refreshJwt, active: true })
  return agent as AtpAgent & { assertDid: string }
}

/** Uploads bytes and gives the reference to them. */
export async function upload(agent: AtpAgent, bytes: Buffer, encoding = 'image/png'): Promise<BlobRef> {
  return (await agent.uploadBlob(bytes, { encoding })).data.blob
}

/** Uploads by hand: any headers, any body. */
export async function send(
  server: TestServer,
  token: string,
  body: Buffer | ReadableStream | null,
  headers: Record<string, string> = { 'content-type': 'image/png' },
): Promise<Answer> {
  const init = { method: 'POST', headers: { authorization: `Bearer ${token}`, ...headers }, body, duplex: 'half' }
  return answerOf(await fetch(`${server.url}/xrpc/com.atproto.repo.uploadBlob`, init as never))
}

export async function getBlob(server: TestServer, did: string, cid: string, init: RequestInit = {}): Promise<Answer> {
  const query = new URLSearchParams({ did, cid })
  return answerOf(await fetch(`${server.url}/xrpc/com.atproto.sync.getBlob?${query.toString()}`, init))
}

/** A post with one image. */
export function withImage(image: unknown, text = 'look'): { text: string; createdAt: string; embed: never } {
  const embed = { $type: 'app.bsky.embed.images', images: [{ alt: '', image }] }
  return { text, createdAt: '2026-01-01T00:00:00.000Z', embed: embed as never }
}

export function operator(server: TestServer): { authorization: string } {
  const password = server.get(Secrets).adminPassword
  return { authorization: `Basic ${Buffer.from(`admin:${password}`).toString('base64')}` }
}

/** Takes a blob of an account down, or shows it again. */
export async function takeDown(server: TestServer, did: string, cid: string, applied = true): Promise<void> {
  const subject = { $type: 'com.atproto.admin.defs#repoBlobRef', did, cid }
  const body = { subject, takedown: { applied } }
  const { authorization } = operator(server)
  const { status } = await server.post('com.atproto.admin.updateSubjectStatus', { auth: authorization, body })
  if (status !== 200) throw new Error(`updateSubjectStatus: ${status}`)
}

/** CIDs of all files in the store on the disk, and that nothing lies half received beside them. */
export function stored(directory: string): string[] {
  const root = join(directory, 'blobs')
  if (!existsSync(root)) return []
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => /[/\\][0-9a-f]{64}$/.test(name))
    .map((name) => Cid.fromBytes(Buffer.from(`01551220${name.slice(-64)}`, 'hex')).toString())
    .sort()
}

export function temps(directory: string): string[] {
  const folder = join(directory, 'blobs', 'tmp')
  return existsSync(folder) ? readdirSync(folder) : []
}

/** Sends a request, and hangs up so many milliseconds later, whatever has come by then. */
export async function hangUp(server: TestServer, request: string, afterMs: number): Promise<void> {
  await new Promise<void>((resolve) => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1', () => socket.write(request))
    socket.on('error', () => undefined).on('close', () => resolve())
    setTimeout(() => socket.destroy(), afterMs)
  })
}

/** Files of blobs that this process has open. */
export function openFiles(): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${fd}`)
      return /\/(blobs|blob-cache)\/.*\/[0-9a-f]{64}/.test(path) ? [path] : []
    } catch {
      return []
    }
  })
}
