import { appendFileSync, existsSync, globSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ownCLibrary, ownLoader } from '../../packaging/own-c-library.ts'
import { until } from '../deliver/receiver.ts'
import { centos7Files, killOn310, restarted } from '../support/centos7.ts'
import { alertsOf, makeStateDir } from '../support/live-agent.ts'
import { startLogFileAgent } from '../support/log-file-agent.ts'
import { checkout } from '../support/oomloop.ts'
import { hasProgram } from '../support/release.ts'

const folder = globSync('out/release*/oomloop-*-linux-arm64', { cwd: checkout })[0]
const why = !hasProgram('qemu-aarch64-static')
  ? 'needs qemu-user-static'
  : folder === undefined || !existsSync(join(checkout, folder, ownCLibrary))
    ? 'needs npm run package -- --arch arm64 --only folder'
    : undefined

/** Emulated one program at a time (QEMU's user mode): its instructions and its C library are arm64's, the kernel is this one. */
describe.skipIf(why)(`the arm64 release under emulation${why ? ` (skipped: ${why})` : ''}`, () => {
  it('sees a loop in a log and delivers the alert', async () => {
    const release = join(checkout, folder!)
    const library = join(release, ownCLibrary)
    const agent = await startLogFileAgent({
      stateDir: makeStateDir(),
      program: [
        'qemu-aarch64-static',
        join(library, ownLoader),
        '--library-path',
        `${library}:${release}`,
        join(release, 'oomloop'),
      ],
      files: centos7Files(),
      log: '/var/log/messages',
      startMs: 120_000,
    })
    const loops = () => alertsOf(agent.receiver.bodies(), 'filebeat').filter(({ type }) => type === 'respawn-loop')
    appendFileSync(agent.logFile, killOn310({ pid: 3241, comm: 'filebeat' }))
    rmSync(join(agent.root, 'proc/3241'), { recursive: true })
    for (const [path, text] of Object.entries(restarted(3241, { pid: 8437, startTicks: 120_970_000 })))
      agent.put(path, text)
    await new Promise(resolve => setTimeout(resolve, 8000)) // emulated, a look at the processes takes seconds
    appendFileSync(agent.logFile, killOn310({ pid: 8437, comm: 'filebeat' }))
    await until(() => loops().length > 0, 60_000, `the alert; the agent says ${agent.stderr()}`)
    expect(loops()[0]).toMatchObject({
      workload: { key: 'pod/kube-system/filebeat/filebeat' },
      loop: { kills: 2, pids: [3241, 8437] },
    })
  }, 240_000)
})
