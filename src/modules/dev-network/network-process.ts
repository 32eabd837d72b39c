/** A network in a process of its own, told what to do by the one that has started it, and ending with that. */
import module from 'node:module'
import { join } from 'node:path'
import { packageRoot } from '../config/package-root.js'
import type { TestAccount, TestNetwork, TestNetworkOptions } from './test-network.js'

export interface Asked {
  id: number
  what: 'start' | 'seed' | 'mails' | 'settled' | 'advance' | 'set' | 'freeze' | 'resume' | 'close'
  value?: unknown
}

export interface Told {
  id: number
  value?: unknown
  error?: { name: string; message: string; fields: object }
}

// Most of a start is the compiling of what it loads. Kept in the package, where it lasts, or else in the temporary directory.
for (const folder of [join(packageRoot, '.compiled'), undefined]) module.enableCompileCache(folder)
let network: TestNetwork | undefined

process.on('message', (asked: Asked) => void answer(asked))
process.on('disconnect', end)
for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, end)
// A terminal tells everybody of Ctrl-C: whoever has started this one ends it.
process.on('SIGINT', () => undefined)

/** Whatever is still being started goes with the process. */
function end(): void {
  void Promise.resolve(network?.close()).finally(() => process.exit())
}

async function answer({ id, what, value }: Asked): Promise<void> {
  const told: Told = await perform(what, value).then(
    (value) => ({ id, value }),
    (error: Error) => ({ id, error: { name: error.name, message: error.message, fields: { ...error } } }),
  )
  process.send?.(told)
  if (what === 'close' || (what === 'start' && told.error)) process.disconnect()
}

async function perform(what: Asked['what'], value: unknown): Promise<unknown> {
  if (what === 'start') {
    const { startNetwork } = await import('./local-network.js')
    network = await startNetwork(value as TestNetworkOptions)
    return { pds: network.pds, now: network.clock.now() }
  }
  if (what === 'seed') return (await network!.seed(value as number | undefined)).map(whoItIs)
  if (what === 'mails') return network!.mails()
  if (what === 'settled') return network!.settled()
  if (what === 'close') return network!.close()
  const { clock } = network!
  if (what === 'advance') await clock.advance(value as number)
  if (what === 'set') await clock.set(value as number)
  if (what === 'freeze') await clock.freeze()
  if (what === 'resume') await clock.resume()
  return clock.now()
}

function whoItIs({ handle, password, service }: TestAccount): Pick<TestAccount, 'handle' | 'password' | 'service'> {
  return { handle, password, service }
}
