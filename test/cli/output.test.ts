/** What becomes of a result that cannot be printed. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { dataDirectory, project, skylog } from './run-cli.js'

const directory = dataDirectory()
const run = (shell: string) =>
  spawnSync('sh', ['-c', shell], {
    encoding: 'utf8',
    env: {
      ...process.env,
      SKYLOG: `"${process.execPath}" "${join(project, 'bin/skylog.mjs')}"`,
      FILE: join(directory, 'out'),
    },
  })

it('is a failure, also where a part of it could be', async () => {
  const whole = await skylog(['completion', 'bash'])
  // A file may not become larger than 8 blocks of 512 bytes: as on a disk that is nearly full, the first write is cut short.
  const { status, stderr } = run(`trap '' XFSZ; ulimit -f 8; eval "$SKYLOG completion bash" > "$FILE"`)
  expect({ status, stderr }).toEqual({
    status: 1,
    stderr: expect.stringMatching(/^skylog: the result could not be printed: EFBIG.*\n$/),
  })
  expect(whole.stdout.startsWith(readFileSync(join(directory, 'out'), 'utf8'))).toBe(true)
  expect(whole.stdout.length).toBeGreaterThan(4096)
})

it('is none where nobody reads it to its end', () => {
  expect(run('eval "$SKYLOG completion bash" | true').stderr).toBe('')
})

it('is added to a file that is there', async () => {
  const whole = await skylog(['completion', 'fish'])
  run('echo first > "$FILE"; eval "$SKYLOG completion fish" >> "$FILE"')
  expect(readFileSync(join(directory, 'out'), 'utf8')).toBe(`first\n${whole.stdout}`)
})
