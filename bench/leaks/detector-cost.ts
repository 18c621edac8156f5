import { createLeakForecaster } from '../../src/detect/leak/leak-forecast.ts'
import { createMemoryLeak } from '../../src/detect/memory-leak.ts'
import { unknownHost } from '../../src/host-facts-unknown.ts'
import { createPipeline } from '../../src/pipeline.ts'

/** CPU of one reading by the detector as the agent runs it, ms: from the cgroups and pods of a node with so many workloads. */
export function measureDetector(workloads = 1000): number {
  const world = worldOf(workloads)
  const detect = createMemoryLeak(createLeakForecaster())
  const readings = 480
  const before = process.cpuUsage().user
  for (let reading = 0; reading < readings; reading++) {
    const at = world.now + reading * 30_000
    detect({ kind: 'tick', at }, { ...world, now: at, steadyNow: at })
  }
  return Math.round((process.cpuUsage().user - before) / 10 / readings) / 100
}

/** What the agent knows of a node whose pods were read once. */
function worldOf(workloads: number) {
  const pipeline = createPipeline()
  const at = Date.UTC(2026, 0, 5)
  const containers = Array.from({ length: workloads }, (_, index) => {
    const number = String(index).padStart(12, '0')
    const uid = `0a1b2c3d-0000-4000-8000-${number}`
    const id = number.padStart(64, 'a')
    return { uid, id, pod: `app-${index}-5d8f9c7b54-x7k2p`, path: `/kubepods/burstable/pod${uid}/${id}` }
  })
  pipeline.observe({ kind: 'host', at, host: { ...unknownHost, memTotalKiB: 512 * 1024 * 1024 } })
  pipeline.observe({
    kind: 'pods',
    at,
    pods: containers.map(({ uid, id, pod }) => ({ uid, namespace: 'shop', pod, containers: [{ name: 'main', id }] })),
  })
  pipeline.observe({
    kind: 'memory',
    at,
    meminfo: { MemTotal: 512 * 1024 * 1024, MemAvailable: 200 * 1024 * 1024, MemFree: 100 * 1024 * 1024 },
    vmstat: {},
  })
  pipeline.observe({
    kind: 'cgroups',
    at,
    cgroups: containers.map(({ path }, index) => ({
      path,
      currentKiB: 200_000 + index,
      stat: { anon: 180_000, file: 20_000, active_file: 10_000, inactive_file: 10_000 },
    })),
  })
  pipeline.observe({
    kind: 'processes',
    at,
    gone: [],
    seen: containers.map(({ path }, index) => ({
      ...{ pid: 10_000 + index, startTicks: 1, ppid: 1, comm: 'app', state: 'S', threads: 4, majorFaults: 0 },
      ...{ rssKiB: 180_000, oomScore: 700, oomScoreAdj: 900, cgroup: path },
    })),
  })
  return pipeline.world()
}
