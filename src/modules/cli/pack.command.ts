import { Command, CommandRunner, Help, Option } from 'nest-commander'
import { bytes, count, counted, section } from './format.js'
import { helpEnd, JSON_OUTPUT, signingKeyOf, Takes } from './options.js'
import type { PackedRepo } from './pack-directory.js'

interface PackCommandOptions {
  keyFile?: string
  json?: boolean
}

@Command({
  name: 'pack',
  arguments: '<directory> <car>',
  argsDescription: {
    directory: 'what `skylog unpack` has written, changed by hand or not',
    car: 'the file to be made; it must not be there yet',
  },
  description:
    'Make a CAR file of an unpacked repository.\n\n' +
    'Where no record has changed, it is the CAR that was unpacked, byte for byte. Where some were edited, added or ' +
    'deleted, the repository is signed anew, with a newer rev, by the key in a file or in SKYLOG_SIGNING_KEY_HEX (64 ' +
    'hexadecimal digits); without one it is told which. The directory is only read: unpack the new CAR into it to go on.',
})
@Takes(JSON_OUTPUT)
export class PackCommand extends CommandRunner {
  async run([directory, car]: string[], { keyFile, json }: PackCommandOptions): Promise<void> {
    const key = signingKeyOf(keyFile)
    const { packDirectory } = await import('./pack-directory.js')
    const started = performance.now()
    const packed = packDirectory(directory!, car!, key)
    const seconds = (performance.now() - started) / 1000
    console.log(json ? JSON.stringify({ ...packed, seconds }, null, 2) : resultText(packed, seconds))
  }

  @Option({ flags: '--key-file <path>', description: 'a file with the private signing key and nothing else' })
  keyFile(path: string): string {
    return path
  }

  @Help('after')
  more(): string {
    return helpEnd(
      ['skylog pack alice/ repo.car', 'skylog pack alice/ repo.car --key-file alice.key'],
      '0 packed · 1 failed, or changed and no key · 2 wrong usage',
    )
  }
}

function resultText(packed: PackedRepo, seconds: number): string {
  const { did, car, head, rev, records, size, signedBy, sameKey, changes, leftOut } = packed
  const numbers = changes && [
    `${count(changes.added.length)} added`,
    `${count(changes.edited.length)} edited`,
    `${count(changes.removed.length)} deleted`,
  ]
  return section(`Packed ${did} into ${car}`, [
    ['head', head],
    ['rev', rev],
    ['records', count(records)],
    ['changes', signedBy === null ? 'none: it is the CAR that was unpacked' : (numbers?.join(', ') ?? null)],
    ['signed anew', signedBy && `${signedBy}${sameKey ? '' : ', which did not sign the commit before'}`],
    ['left out', leftOut === 0 ? null : `${counted(leftOut, 'block')} beyond the head, of the CAR that was unpacked`],
    ['size', bytes(size)],
    ['time', `${seconds.toFixed(1)} s, ${count(Math.round(records / seconds))} records/s`],
  ])
}
