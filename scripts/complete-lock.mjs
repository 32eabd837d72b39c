/**
 * Completes package-lock.json after `npm install`: npm leaves out binaries of other platforms that the registry in use
 * does not carry, and then `npm ci` refuses the file that npm itself wrote. What is added says what npm needs to know in
 * order to skip the package here. Running it again changes nothing.
 */
import { readFileSync, writeFileSync } from 'node:fs'

const FILE = new URL('../package-lock.json', import.meta.url)
const SYSTEMS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32']
const PROCESSORS = ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64']

const lock = JSON.parse(readFileSync(FILE, 'utf8'))
const added = {}
for (const [place, parent] of Object.entries(lock.packages))
  for (const [name, version] of Object.entries(parent.optionalDependencies ?? {}))
    if (!isLocked(place, name)) added[`node_modules/${name}`] = entryOf(name, version, parent)

lock.packages = Object.fromEntries(
  Object.entries({ ...lock.packages, ...added }).sort(([a], [b]) => a.localeCompare(b, 'en')),
)
writeFileSync(FILE, `${JSON.stringify(lock, null, 2)}\n`)
console.log(`package-lock.json: ${Object.keys(added).length} entries added`)

/** Whether a package is found from a place, as Node finds it: beside it, or in any folder above. */
function isLocked(place, name) {
  for (let folder = place; ; folder = folder.slice(0, Math.max(folder.lastIndexOf('/node_modules/'), 0))) {
    if (lock.packages[`${folder && `${folder}/`}node_modules/${name}`]) return true
    if (folder === '') return false
  }
}

/** An entry from the name alone, `…-linux-x64-musl`: these packages are pinned and named after their platform. */
function entryOf(name, version, parent) {
  const words = name.split(/[-/]/)
  const os = words.filter((word) => SYSTEMS.includes(word))
  const cpu = words.filter((word) => PROCESSORS.includes(word))
  if (!/^\d+\.\d+\.\d+/.test(version) || cpu.length !== 1)
    throw new Error(`cannot tell the platform of ${name}@${version}`)
  return { version, cpu, ...(parent.dev && { dev: true }), optional: true, ...(os.length > 0 && { os }) }
}
