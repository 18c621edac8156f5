import { globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { mostWords } from '../scripts/language/findings.ts'
import { openReplaySource } from '../src/input/playback/replay.ts'
import { createPipeline } from '../src/pipeline.ts'
import { defaultCoreSettings } from '../src/settings/core-settings.ts'
import type { Locale } from '../src/text/messages/catalogues.ts'
import type { Alert } from '../src/types.ts'
import { inLocale } from '../src/view/terminal/in-locale.ts'

const root = resolve(import.meta.dirname, '..')
const recordings = globSync('fixtures/scenarios/*.jsonl', { cwd: root })
  .sort()
  .filter((_, index) => index % 2 === 0)

/** Every text of the alerts of some scenarios: with names, sizes and times filled in. */
async function textsIn(locale: Locale): Promise<readonly string[]> {
  const texts = new Set<string>()
  for (const recording of recordings) {
    const pipeline = createPipeline()
    const source = openReplaySource([join(root, recording)], { settings: defaultCoreSettings })
    for await (const observation of inLocale(source, locale))
      for (const alert of pipeline.observe(observation)) for (const text of textsOf(alert)) texts.add(text)
  }
  return [...texts]
}

function textsOf({ summary, diagnosis, actions }: Alert): readonly string[] {
  const causes = diagnosis.flatMap(({ why, evidence, remedy }) => [why, evidence, remedy])
  return [summary, ...causes, ...actions.map(action => action.do)]
}

/** A space at the wrong place, a missing one, or half-width punctuation. */
const wrongInChinese = [
  /[\u4e00-\u9fff][A-Za-z0-9]/,
  /[A-Za-z0-9%][\u4e00-\u9fff]/,
  /[\u4e00-\u9fff] [\u4e00-\u9fff]/,
  /[）。，：；、] /,
  /\S [（。，：；、）]/,
  /[\u4e00-\u9fff][,;:!?(]/,
]

function wrongIn(line: string): readonly string[] {
  return wrongInChinese.flatMap(pattern => {
    const at = pattern.exec(line)?.index
    return at === undefined ? [] : [line.slice(Math.max(0, at - 20), at + 20)]
  })
}

describe('texts with their facts filled in', () => {
  it('no English sentence of an alert has more than 25 words', async () => {
    const sentences = (await textsIn('en')).flatMap(text => text.split(/(?<=[.:])\s+/))
    expect(sentences.length).toBeGreaterThan(40)
    expect(sentences.filter(sentence => sentence.split(/\s+/).length > mostWords)).toEqual([])
  })

  it('no Chinese text of an alert has a wrong space or half-width punctuation', async () => {
    const texts = await textsIn('zh-CN')
    expect(texts.length).toBeGreaterThan(30)
    expect(texts.flatMap(wrongIn)).toEqual([])
  })

  it.each(['status', 'notify', 'alerts', 'doctor', 'replay'])(
    'the Chinese sample of %s has no wrong space, half-width punctuation or English sentence',
    name => {
      const lines = readFileSync(join(root, `docs/samples/${name}.zh-CN.txt`), 'utf8').split('\n')
      // Without commands, the kernel's own words, and tables.
      const texts = lines
        .map(line => line.replace(/^\s*(?:▌ )?/, ''))
        .filter(line => !/^(?:\$|内核日志：|\d+\s)|\S {2,}\S/.test(line))
      expect(texts.flatMap(wrongIn)).toEqual([])
      expect(texts.filter(text => /(?<![\w/.=-])[a-z]+ [a-z]+ [a-z]+ [a-z]+(?![\w/=])/.test(text))).toEqual([])
    },
  )
})
