import { statSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ask } from '../../src/hold-service/ask.ts'
import { createCgroupTree } from '../../src/hold-service/cgroup-tree.ts'
import { holdSocket, runHold } from '../../src/hold-service/run-hold.ts'
import { createLiveFiles } from '../../src/input/sampler/host-files.ts'
import { createLog } from '../../src/log.ts'
import { kinds, round, seeded } from './rounds.ts'
import { containerPath, type ImitatedHost, imitateHost } from './tree.ts'

let host: ImitatedHost
let hold: Awaited<ReturnType<typeof runHold>>
const cgroup = containerPath(1)
const socket = () => join(host.root, holdSocket)

beforeAll(async () => {
  host = imitateHost()
  host.add(cgroup)
  hold = await runHold({
    root: host.root,
    stateDir: host.stateDir,
    limitMs: 600_000,
    files: createLiveFiles(host.root),
    log: createLog('error'),
    tree: createCgroupTree({ mount: join(host.root, 'sys/fs/cgroup'), isCgroup2: () => true }),
  })
})
afterAll(async () => {
  await hold.stop()
  host.remove()
})

it('the socket is for its owner alone', () => {
  expect(statSync(socket()).mode & 0o777).toBe(0o600)
  expect(statSync(join(socket(), '..')).mode & 0o777).toBe(0o700)
})

it('a container is held and released by requests over the socket', async () => {
  const answer = await ask(socket(), { do: 'hold', cgroup, growthKiBPerSecond: 512 })
  expect(answer).toMatchObject({ refused: null, held: [{ cgroup, growthKiBPerSecond: 512 }] })
  expect(host.read(cgroup)).toBe(String(101 * 1024 * 1024))
  expect(await ask(socket(), { do: 'release-all' })).toMatchObject({ held: [], released: [{ cgroup, why: 'asked' }] })
  expect(host.read(cgroup)).toBe('max')
})

it('what is no request is answered, and changes nothing', async () => {
  const answers = await talk(`hold 5 /system.slice/ssh.service\nhold x\nrenew\n`, 3)
  expect(answers.map(text => JSON.parse(text).refused)).toEqual(['not-allowed', 'not-understood', null])
})

it('a line without an end closes the connection', async () => {
  expect(await talk('x'.repeat(10_000), 1)).toEqual([])
})

it('there is no answer where no process runs', async () => {
  expect(await ask(join(host.root, 'nowhere'), { do: 'state' })).toBeUndefined()
})

it.each(kinds)('every original value is there after a round of %s', async kind => {
  expect((await round(kind, seeded(7))).wrong).toEqual([])
})

/** Sends a text and returns so many lines of the answer, or what came before the other side closed. */
function talk(text: string, lines: number): Promise<string[]> {
  return new Promise(resolve => {
    let got = ''
    const client = connect(socket(), () => client.write(text))
    client.on('data', part => {
      got += part
      if (got.split('\n').length > lines) client.destroy()
    })
    client.on('error', () => {})
    client.on('close', () => resolve(got.split('\n').slice(0, -1)))
  })
}
