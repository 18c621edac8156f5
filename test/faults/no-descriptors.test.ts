import { execFileSync } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { recordingFiles } from '../../src/input/playback/recording-files.ts'
import { readRecording } from '../../src/input/playback/replay.ts'
import type { Observation } from '../../src/types.ts'
import { until } from '../deliver/receiver.ts'
import { tempDir } from '../deliver/samples.ts'
import { filesOf } from '../support/host-tree.ts'
import { startLogFileAgent } from '../support/log-file-agent.ts'

const processes = 90

/** A host on which so many processes live. */
function tree(): Record<string, string> {
  const files: Record<string, string> = {}
  for (let pid = 100; pid < 100 + processes; pid++)
    Object.assign(
      files,
      Object.fromEntries(
        Object.entries(
          filesOf({
            pid,
            ppid: 1,
            comm: 'worker',
            startTicks: pid,
            rssPages: 1000,
            oomScore: 670,
            oomScoreAdj: 0,
            cgroup: ['0::/system.slice/app.service'],
          }),
        ).map(([path, text]) => [path.slice(1), text]),
      ),
    )
  return files
}

it('an agent without free descriptors (EMFILE) reports that it cannot read, assumes no exits, and continues afterwards', async () => {
  const stateDir = tempDir()
  const agent = await startLogFileAgent({ stateDir, files: tree() })
  await pause(2500)
  const limit = (soft: number): void =>
    void execFileSync('prlimit', ['--pid', String(agent.pid), `--nofile=${soft}:`], { stdio: 'ignore' })
  // Fewer than are open now: not a single file more can be opened.
  limit(12)
  await pause(5000)
  limit(1024)
  await until(() => /"source":"sampler".*source is up/.test(agent.stderr()), 20_000, 'it reads again')
  await pause(1500) // the recorder writes once a second
  await agent.stop()

  const recorded: Observation[] = []
  for await (const observation of readRecording(await recordingFiles(`${stateDir}/recordings`)))
    recorded.push(observation)
  const gone = recorded.flatMap(one => (one.kind === 'processes' ? one.gone : []))
  const seen = new Set(recorded.flatMap(one => (one.kind === 'processes' ? one.seen.map(({ pid }) => pid) : [])))
  expect(seen.size).toBeGreaterThan(processes)
  expect(gone).toEqual([])
  expect(recorded.flatMap(one => (one.kind === 'cgroups' ? (one.gone ?? []) : []))).toEqual([])
  const states = recorded.flatMap(one => (one.kind === 'source' && one.source === 'sampler' ? [one] : []))
  expect(states.map(({ state }) => state)).toEqual(['blind', 'sighted'])
  expect(states[0]!.why).toMatch(/EMFILE/)
}, 60_000)
