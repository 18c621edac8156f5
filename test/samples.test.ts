import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { makeSamples, samplesFolder } from '../scripts/samples.ts'

it('docs/samples are what the program prints now: run npm run -s generate', async () => {
  const samples = Object.entries(await makeSamples())
  const changed = samples.filter(([name, text]) => readFileSync(join(samplesFolder, name), 'utf8') !== text)
  expect(changed.map(([name]) => name)).toEqual([])
})
