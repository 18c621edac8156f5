import { messagesOf } from '../../text/messages/catalogues.ts'
import type { Alert, AlertNode, Locale } from '../../types.ts'

/** What `notify --test` sends: marked as a test, and of a severity that pages no one. */
export function testAlert(now: number, node: Partial<AlertNode>, locale: Locale): Alert {
  return { ...exampleAlert(now, node, locale), severity: 'info', notes: ['test'] }
}

/** An alert with everything in it, about nothing real: for tests and for warming the code path. */
export function exampleAlert(now: number, node: Partial<AlertNode> = {}, locale: Locale = 'en'): Alert {
  const { example } = messagesOf(locale).delivery
  const at = (secondsAgo: number) => new Date(now - secondsAgo * 1000).toISOString()
  return {
    version: 1,
    id: `test-${now}-firing`,
    incident: `test-${now}`,
    nodeIncident: `test-${now}`,
    type: 'respawn-loop',
    status: 'firing',
    severity: 'critical',
    signs: [{ sign: 'looping', since: at(22) }],
    subject: 'pod/oomloop-test/example/app',
    startsAt: at(22),
    at: at(0),
    summary: example.summary,
    node: {
      name: 'unknown',
      kernel: 'unknown',
      os: 'unknown',
      memTotalKiB: null,
      bootId: null,
      agentVersion: '0',
      labels: {},
      ...node,
    },
    workload: {
      key: 'pod/oomloop-test/example/app',
      namespace: 'oomloop-test',
      pod: 'example-7d4b9c6f5d-x2x4z',
      container: 'app',
      owner: { kind: 'Deployment', name: 'example', certainty: 'likely' },
      unit: null,
      qos: 'Burstable',
      comm: 'app',
      certainty: 'cgroup',
    },
    loop: {
      kills: 2,
      respawns: 1,
      pids: [3241, 8437],
      firstKillAt: at(22),
      lastKillAt: at(0),
      medianPeriodSeconds: 22,
      lastLifetimeSeconds: 21,
      yieldKiB: 512,
      regainedKiB: 1024,
      certainty: 'seen',
      chronic: false,
    },
    members: [],
    membersTotal: 0,
    limit: { scope: 'global', level: 'node', path: null, usageKiB: null, limitKiB: null },
    trigger: { comm: 'app', workload: 'pod/oomloop-test/example/app', terminating: null, source: null, grewKiB: null },
    holders: [{ workload: 'pod/oomloop-test/other/java', KiB: 2_097_152, changeKiB: 131_072 }],
    growers: [{ workload: 'pod/oomloop-test/other/java', KiB: 2_097_152, changeKiB: 131_072 }],
    unownedKiB: null,
    nextVictims: [],
    pressure: null,
    forecast: { firstKillSeconds: [0, 0], notReadySeconds: null, evidence: example.evidence },
    diagnosis: [
      {
        code: 'test',
        evidence: example.evidence,
        why: example.why,
        remedy: example.remedy,
      },
    ],
    actions: [{ do: example.step, command: 'oomloop status', expectKiB: null }],
    coverage: { counted: 0, seen: 0, attributed: 0, lostRecords: 0 },
    evidence: [],
    evidenceTotal: 0,
    notes: [],
  }
}

/** The other extreme: over, and with nothing in it that may be missing. A template must cope with both. */
export function bareAlert(now: number): Alert {
  return {
    ...exampleAlert(now),
    id: `test-${now}-resolved`,
    status: 'resolved',
    subject: 'node',
    signs: [],
    workload: null,
    loop: null,
    limit: null,
    trigger: null,
    holders: [],
    growers: [],
    forecast: null,
    diagnosis: [],
    actions: [],
    coverage: { counted: null, seen: 0, attributed: 0, lostRecords: 0 },
  }
}
