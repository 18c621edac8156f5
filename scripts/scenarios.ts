/** Regenerates fixtures/scenarios from test/scenarios: `node scripts/scenarios.ts`. A test holds the two together. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { record } from '../test/scenarios/scenario.ts'
import { scenarios } from '../test/scenarios/scenarios.ts'

const folder = resolve(import.meta.dirname, '../fixtures/scenarios')
// A recording that a person might open and change stays plain; a day of samples does not.
const plainBytes = 32 * 1024

mkdirSync(folder, { recursive: true })
for (const scenario of scenarios) {
  const recording = record(scenario)
  const file = join(folder, `${scenario.name}.jsonl`)
  if (recording.length <= plainBytes) writeFileSync(file, recording)
  else writeFileSync(`${file}.gz`, gzipSync(recording, { level: 9 }))
  const alerts = scenario.alerts.map(alert => `  ${JSON.stringify(alert)}`).join(',\n')
  const expected = `{\n"title": ${JSON.stringify(scenario.title)},\n"quiet": ${scenario.quiet},\n"alerts": [${alerts && `\n${alerts}\n`}]\n}\n`
  writeFileSync(join(folder, `${scenario.name}.alerts.json`), expected)
}
console.log(`${scenarios.length} scenarios written to fixtures/scenarios`)
