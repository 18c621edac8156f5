import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createStateKeeper, readSavedState } from '../../src/agent/saved-state.ts'
import { recordingFiles } from '../../src/input/playback/recording-files.ts'
import { readRecording } from '../../src/input/playback/replay.ts'
import type { HostFacts, Observation } from '../../src/types.ts'
import { keptLog, tempDir } from '../deliver/samples.ts'
import { createSimulatedNode, startOfTime } from '../scenarios/simulated-node.ts'
import { type AgentRun, startAgentRun } from './agent-run.ts'

describe('the saved state', () => {
  it('never covers a kill that the recording would lack after a kill -9', async () => {
    const stateDir = tempDir()
    const emitted: Observation[] = []
    let run: AgentRun | undefined
    const node = createSimulatedNode({
      sink: observation => {
        emitted.push(observation as Observation)
        run?.emit(observation as Observation)
      },
    })
    const { host } = node.header() as { host: HostFacts }
    const agent = await startAgentRun({ stateDir, webhooks: [], host, now: () => emitted.at(-1)?.at ?? startOfTime })
    onTestFinished(agent.kill)
    run = agent
    node.kill(node.start(node.pod({ name: 'app-0', container: 'app' }), { comm: 'java', rssMiB: 20 }), { by: 'own' })
    // The first kill at an own limit is no alert: nothing but the state makes the recorder write at once.
    await vi.waitFor(() => expect(existsSync(join(stateDir, 'resume.json'))).toBe(true), { interval: 1 })
    const saved = readSavedState(stateDir, keptLog())!
    const recorded: Observation[] = []
    for await (const observation of readRecording(await recordingFiles(join(stateDir, 'recordings'))))
      recorded.push(observation)
    const texts = (of: readonly Observation[]) => of.flatMap(each => (each.kind === 'kernel' ? [each.text] : []))
    expect(saved.lastSeq).toBe(emitted.findLast(each => each.kind === 'kernel')?.seq)
    expect(texts(recorded)).toEqual(texts(emitted))
    expect(recorded).toContainEqual({ kind: 'saved', at: saved.at, id: saved.id })
  })

  it('waits for a disk that is slow to take what it covers, and then holds the newest', async () => {
    const stateDir = tempDir()
    const disk = Promise.withResolvers<void>()
    let lastSeq = 1
    const keeper = createStateKeeper({
      stateDir,
      bootId: 'boot',
      take: () => ({ lastSeq, core: {}, notifications: {} }),
      mark: () => {},
      onRecord: () => disk.promise,
      run: 'run',
      now: () => 1,
    })
    keeper.changed()
    await pause(200)
    lastSeq = 2
    keeper.changed()
    await pause(200)
    expect(existsSync(join(stateDir, 'resume.json'))).toBe(false)
    disk.resolve()
    await keeper.stop()
    expect(readSavedState(stateDir, keptLog())).toMatchObject({ bootId: 'boot', lastSeq: 2 })
  })

  it('is not taken while the alert of the same moment leaves: it would wait for both the processor and the disk', async () => {
    let taken = 0
    const keeper = createStateKeeper({
      stateDir: tempDir(),
      bootId: 'boot',
      take: () => ({ lastSeq: ++taken, core: {}, notifications: {} }),
      mark: () => {},
      onRecord: async () => {},
      run: 'run',
      now: () => 1,
    })
    keeper.changed()
    keeper.changed()
    await pause(20)
    expect(taken).toBe(0)
    await vi.waitFor(() => expect(taken).toBe(1))
    await keeper.stop()
  })

  it('is whole after any flipped bit, and named in the log and skipped where both of its copies are damaged', async () => {
    const stateDir = tempDir()
    const keeper = createStateKeeper({
      stateDir,
      bootId: 'boot',
      take: () => ({ lastSeq: 12_345, core: { alerts: ['a'] }, notifications: {} }),
      mark: () => {},
      onRecord: async () => {},
      run: 'run',
      now: () => 1,
    })
    await keeper.stop()
    const path = join(stateDir, 'resume.json')
    const whole = readFileSync(path)
    const log = keptLog()
    const state = readSavedState(stateDir, log)
    expect(state).not.toBeNull()
    expect(log.lines).toEqual([])
    const readFlipped = (...bits: readonly number[]) => {
      const damaged = Buffer.from(whole)
      for (const bit of bits) damaged[bit >> 3]! ^= 1 << (bit & 7)
      writeFileSync(path, damaged)
      return readSavedState(stateDir, log)
    }
    // The newline at the end of a copy is not read.
    const bitsOfACopy = whole.length * 4
    for (let bit = 0; bit < bitsOfACopy - 8; bit += 31) {
      expect(readFlipped(bit), `bit ${bit}`).toEqual(state)
      expect(readFlipped(bit + bitsOfACopy), `bit ${bit}`).toEqual(state)
      expect(readFlipped(bit, bit + bitsOfACopy), `bit ${bit}`).toBeNull()
    }
    expect(log.lines.every(({ level, fields }) => level === 'warn' && 'path' in fields)).toBe(true)
    expect(log.lines.length).toBe(Math.ceil((bitsOfACopy - 8) / 31) * 3)
  })
})
