import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Alert } from '../src/types.ts'
import { replayAlerts } from './diagnose/replay.ts'
import { checkout } from './support/oomloop.ts'

const dir = join(checkout, 'fixtures/verdicts')

/** What is right for each log: what fires with its highest severity, the commands that are shown, and what is never said. */
interface Right {
  readonly fires: readonly string[]
  readonly commands?: readonly string[]
  readonly never?: RegExp
}

const list = 'ps -eo pid,rss,cgroup:120,args --sort=-rss | head -20'
const shortage = { fires: ['memory-exhaustion node warning'], commands: [list] }
const ofUnit = /systemctl|set-property/

const right: Readonly<Record<string, Right>> = {
  // Two programs of an application that a person started: neither is restarted by the other's death.
  'user-app-scope': { ...shortage, never: ofUnit },
  'snap-scope': { ...shortage, never: ofUnit },
  // Two jobs of a CI runner.
  'runner-jobs': { ...shortage, never: ofUnit },
  // A unit of the same name in two guests; and one that restarts in its guest, where no command of the host reaches it.
  'lxc-two-guests': { fires: [] },
  'lxc-loop': { fires: ['respawn-loop lxc/web1/system.slice/nginx.service info'], commands: [], never: ofUnit },
  // An allocation that restarts its task, and the task of another allocation.
  'nomad-restarts': { fires: ['respawn-loop nomad/4b1f7a50/api warning'], commands: [], never: ofUnit },
  'nomad-two-allocations': { fires: [] },
  // A static pod is named by the hash of its manifest.
  'static-pod-loop': {
    fires: ['respawn-loop pod/7d1c4e90ab12f3045d6e7f8091a2b3c4 info'],
    commands: [],
    never: /delete|set resources/,
  },
  // One kill takes all of a cgroup along.
  'group-in-slice': { fires: [] },
  // Two pods, two processes each; of the later ones the kernel does not say where they lived.
  'suppressed-header': { fires: [] },
  // A kill before a reboot and one after it.
  'boot-between': { ...shortage, never: /OOM-kill loop|1970/ },
  // Instances of a template, and jobs of batch systems: two of them are killed once each.
  'template-instances': { fires: [] },
  'condor-slots': { fires: [] },
  // An application starts its executor again in another container: its limit is set where it was submitted.
  'yarn-containers': {
    fires: ['respawn-loop yarn/application_1739871123456_0042/java info'],
    commands: [],
    never: ofUnit,
  },
  'cronjob-pods': { fires: [] },
  // docker restarts a container under its ID; another ID is another container.
  'docker-restart': {
    fires: [`respawn-loop docker/${'7c'.repeat(32)} warning`],
    commands: [`docker update --memory=384M --memory-swap=384M ${'7c'.repeat(32)}`],
  },
  'docker-two-containers': { fires: [] },
  // A user's own container: the host's podman does not know it.
  'podman-user-loop': { fires: [`respawn-loop podman/${'5d'.repeat(32)} info`], commands: [] },
  // The limit of all pods is no shortage of the whole node, and of a user's slice none of the node at all.
  'kubepods-limit': {
    fires: ['memory-exhaustion node warning', 'oom-storm node critical'],
    commands: [list],
    never: /node is out of memory|cedar-3 is out of memory/,
  },
  'user-slice-limit': {
    fires: ['memory-exhaustion cgroup/user.slice/user-1204.slice warning'],
    commands: ['systemd-cgtop --batch --iterations=1 --order=memory /user.slice/user-1204.slice'],
    never: /out of memory|cordon|delete/,
  },
}

test.each(Object.entries(right))(
  'of the log %s what is right fires, with commands that fit',
  async (name, expected) => {
    const alerts = await replayAlerts(join(dir, `${name}.log`))
    expect(firings(alerts)).toEqual(expected.fires)
    const commands = alerts.flatMap(({ actions }) => actions.flatMap(({ command }) => command ?? []))
    expect([...new Set(commands)]).toEqual(expected.commands ?? [])
    if (!expected.never) return
    const texts = alerts.flatMap(({ summary, actions, diagnosis }) => [
      summary,
      ...actions.flatMap(each => [each.do, each.command ?? '']),
      ...diagnosis.map(({ remedy }) => remedy),
    ])
    for (const text of texts) expect(text).not.toMatch(expected.never)
  },
)

test('every log of fixtures/verdicts has its right answer here', () => {
  const logs = readdirSync(dir).map(name => name.replace(/\.log$/, ''))
  expect(logs.sort()).toEqual(Object.keys(right).sort())
})

function firings(alerts: readonly Alert[]): readonly string[] {
  const worst = new Map<string, Alert['severity']>()
  for (const { type, subject, severity } of alerts) {
    const key = `${type} ${subject}`
    if (rank(severity) > rank(worst.get(key))) worst.set(key, severity)
  }
  return [...worst].map(([key, severity]) => `${key} ${severity}`)
}

function rank(severity: Alert['severity'] | undefined): number {
  return severity === undefined ? -1 : ['info', 'warning', 'critical'].indexOf(severity)
}
