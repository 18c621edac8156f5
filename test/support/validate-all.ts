/**
 * Loaded before every test file (vitest.config.ts): each alert and each OOM kill that the code makes, and each line that
 * the recorder writes, is held against its published schema, in whatever test it comes up.
 */
import { vi } from 'vitest'
import type { Alerts } from '../../src/alert/alerts.ts'
import { killAsJson } from '../../src/parse/oom/kill-json.ts'
import type { OomParser } from '../../src/parse/oom/oom-parser.ts'
import type { Recorder } from '../../src/recording/recorder.ts'
import type { OomKill } from '../../src/types.ts'
import { expectValid } from './schema.ts'

vi.mock('../../src/alert/alerts.ts', async original => {
  const real = await original<typeof import('../../src/alert/alerts.ts')>()
  const createAlerts = (): Alerts => {
    const alerts = real.createAlerts()
    return {
      ...alerts,
      observe: (...args) => alerts.observe(...args).map(alert => expectValid('alert', alert)),
    }
  }
  return { ...real, createAlerts }
})

vi.mock('../../src/parse/oom/oom-parser.ts', async original => {
  const real = await original<typeof import('../../src/parse/oom/oom-parser.ts')>()
  const checked = (kills: readonly OomKill[]): readonly OomKill[] => {
    for (const kill of kills) expectValid('oom-kill', killAsJson(kill))
    return kills
  }
  const createOomParser = (): OomParser => {
    const parser = real.createOomParser()
    return { ...parser, push: record => checked(parser.push(record)), flush: at => checked(parser.flush(at)) }
  }
  return { ...real, createOomParser }
})

vi.mock('../../src/recording/recorder.ts', async original => {
  const real = await original<typeof import('../../src/recording/recorder.ts')>()
  const createRecorder: typeof real.createRecorder = options => {
    const recorder: Recorder = real.createRecorder(options)
    return { ...recorder, write: observation => recorder.write(expectValid('recording', observation)) }
  }
  return { ...real, createRecorder }
})
