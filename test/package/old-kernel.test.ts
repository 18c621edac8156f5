import { spawnSync } from 'node:child_process'
import { appendFileSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { until } from '../deliver/receiver.ts'
import { centos7Files, killOn310, restarted, withOwnCLibrary } from '../support/centos7.ts'
import { alertsOf, makeStateDir } from '../support/live-agent.ts'
import { startLogFileAgent } from '../support/log-file-agent.ts'
import { onKernel } from '../support/old-kernel.ts'
import { releaseFolder, whyNoRelease } from '../support/release.ts'

const why = whyNoRelease()

/** The released executable with its own C library, where only the system calls of Linux 3.10 exist. */
describe.skipIf(why)(`the release on CentOS 7${why ? ` (skipped: ${why})` : ''}`, () => {
  it('a loop of a DaemonSet, in two-line kill reports and without PSI, is an alert that names pod and victims', async () => {
    const executable = withOwnCLibrary(await releaseFolder())
    const agent = await startLogFileAgent({
      stateDir: makeStateDir(),
      within: onKernel('rhel7'),
      program: [executable],
      files: centos7Files(),
      log: '/var/log/messages',
      args: ['--node-name', 'online-1'],
      env: { OOMLOOP_PROTECT: 'true' },
    })
    const loops = () => alertsOf(agent.receiver.bodies(), 'filebeat').filter(({ type }) => type === 'respawn-loop')

    appendFileSync(agent.logFile, killOn310({ pid: 3241, comm: 'filebeat' }))
    rmSync(join(agent.root, 'proc/3241'), { recursive: true })
    for (const [path, text] of Object.entries(restarted(3241, { pid: 8437, startTicks: 120_970_000 })))
      agent.put(path, text)
    await new Promise(resolve => setTimeout(resolve, 2500)) // the new process is seen before it is killed
    expect(loops()).toEqual([])
    appendFileSync(agent.logFile, killOn310({ pid: 8437, comm: 'filebeat' }))
    await until(() => loops().length > 0, 15_000, `the alert; the agent says ${agent.stderr()}`)

    expect(loops()[0]).toMatchObject({
      workload: { key: 'pod/kube-system/filebeat/filebeat', namespace: 'kube-system' },
      node: { name: 'online-1' },
      loop: { kills: 2, pids: [3241, 8437] },
    })
    const [largest] = loops()[0]!.holders!
    expect(largest).toMatchObject({ workload: 'pod/default/orders/orders', KiB: 5_265_332 })
    const libraries = readFileSync(`/proc/${agent.pid}/maps`, 'utf8').match(/\/\S+\.so[.\d]*$|\/\S+\/ld$/gm) ?? []
    expect(new Set(libraries.map(path => dirname(path)))).toEqual(new Set([dirname(executable)]))
    // Its mlock2 fails there: what the warm-up has touched is locked by mlock.
    await until(() => agent.stderr().includes('locked after the warm-up'), 15_000, 'the program text is locked')
    expect(lockedKiB(agent.pid)).toBeGreaterThan(2000)
    expect(lockedKiB(agent.pid)).toBeLessThan(60_000)
  }, 120_000)

  it('a kernel without getrandom is refused at start, in one sentence', async () => {
    const [command, ...args] = [...onKernel('rhel7-early'), join(await releaseFolder(), 'oomloop'), 'run']
    const { status, stderr } = spawnSync(command!, args, { encoding: 'utf8' })
    expect({ status, stderr }).toEqual({
      status: 3,
      stderr: expect.stringMatching(/^oomloop: this kernel lacks the system call getrandom[^\n]*\n$/),
    })
  }, 120_000)

  it('replay, which runs without random numbers, reads the kills of that node also there', async () => {
    const [command, ...args] = [...onKernel('rhel7-early'), join(await releaseFolder(), 'oomloop')]
    const { stdout } = spawnSync(command!, [...args, 'replay', '--kills', '-'], {
      input: killOn310({ pid: 3241, comm: 'filebeat' }),
      encoding: 'utf8',
    })
    expect(JSON.parse(stdout)).toMatchObject({ pid: 3241, comm: 'filebeat', scope: 'global', invoker: 'java' })
  }, 120_000)
})

function lockedKiB(pid: number): number {
  return Number(/^VmLck:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1])
}
