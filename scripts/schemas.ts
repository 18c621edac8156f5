/**
 * Regenerates schemas/: `node scripts/schemas.ts`. The formats are generated from the types (src/types/,
 * src/recording/formats.ts, src/parse/oom/kill-json.ts), the settings file from the table of settings. A test holds the two
 * together.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createGenerator } from 'ts-json-schema-generator'
import { latestMs } from '../src/recording/formats.ts'
import { verdictTypes } from '../src/verdicts/verdicts.ts'
import { settingsSchema } from './schemas-settings.ts'

export const schemaFolder = resolve(import.meta.dirname, '../schemas')

export type Schema = Record<string, unknown>

/** Every published schema by its name: schemas/NAME.schema.json. */
export function makeSchemas(): Record<string, Schema> {
  // TypeScript 7 has no programming interface yet: the generator brings a TypeScript of its own.
  const generator = createGenerator({
    path: resolve(import.meta.dirname, '../src/{types/*,recording/formats,parse/oom/kill-json}.ts'),
    tsconfig: resolve(import.meta.dirname, '../tsconfig.json'),
    skipTypeCheck: true,
    additionalProperties: true, // unknown keys are ignored: a later version may add some
    topRef: false,
  })
  const of = (type: string) => tidy(generator.createSchema(type) as Schema)
  return {
    alert: { ...about('alert', 'An alert of oomloop, version 1'), ...of('Alert') },
    'oom-kill': { ...about('oom-kill', 'An OOM kill, a line of oomloop replay --kills'), ...of('OomKillJson') },
    recording: {
      ...about('recording', 'A line of a recording of oomloop, version 1'),
      ...lines(of('RecordingHeader'), of('RecordingLine'), byKind),
    },
    capture: {
      ...about('capture', 'A line of a capture of oomloop, version 1'),
      ...lines(of('CaptureHeader'), of('CaptureLine'), byKey),
    },
    settings: { ...about('settings', 'The settings file of oomloop'), ...settingsSchema() },
  }
}

function about(name: string, title: string): Schema {
  return { $schema: 'http://json-schema.org/draft-07/schema#', $id: `urn:oomloop:${name}:1`, title }
}

/**
 * The header, or else the one definition that the line's `kind` (or a key that no other kind has) selects: a validator then
 * says what is wrong with this line, instead of that it is none of fifteen things.
 */
function lines(header: Schema, line: Schema, tell: (definition: Schema) => Schema): Schema {
  const { definitions: ofHeader, ...first } = header
  const { definitions, anyOf } = line as { definitions: Record<string, Schema>; anyOf: { $ref: string }[] }
  const kinds = namesOf(anyOf, definitions)
  const tellers = kinds.map(name => tell(definitions[name]!))
  return {
    type: 'object',
    if: { required: ['oomloop'] },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: first,
    else: {
      anyOf: tellers,
      // biome-ignore lint/suspicious/noThenProperty: likewise
      allOf: kinds.map((name, index) => ({ if: tellers[index], then: { $ref: `#/definitions/${name}` } })),
    },
    definitions: { ...(ofHeader as Schema), ...definitions },
  }
}

function namesOf(refs: readonly { $ref: string }[], definitions: Record<string, Schema>): string[] {
  return refs.flatMap(({ $ref }) => {
    const name = $ref.slice('#/definitions/'.length)
    const union = definitions[name]?.anyOf as { $ref: string }[] | undefined
    return union ? namesOf(union, definitions) : [name]
  })
}

function byKind(definition: Schema): Schema {
  const { kind } = definition.properties as { kind: { const: string } }
  return { required: ['kind'], properties: { kind: { const: kind.const } } }
}

/** `kmsg`, `line` or `files`. */
function byKey(definition: Schema): Schema {
  const { at: _, unit: __, ...properties } = definition.properties as Schema
  return { required: [Object.keys(properties).find(key => (definition.required as string[]).includes(key))] }
}

/** Puts a generic type's text (`Readonly<Record<string,string>>`) where it is used, and bounds every `at`. */
function tidy(schema: Schema): Schema {
  const { $schema: _, definitions = {}, ...rest } = schema as { $schema?: string; definitions?: Record<string, Schema> }
  const walk = (value: unknown, key = ''): unknown => {
    if (Array.isArray(value)) return value.map(item => walk(item))
    if (typeof value !== 'object' || value === null) return value
    const { $ref, ...others } = value as { $ref?: string }
    const name = $ref && decodeURIComponent($ref.slice('#/definitions/'.length))
    if (name?.includes('<')) return walk({ ...definitions[name], ...others })
    const walked: Schema = Object.fromEntries(
      Object.entries(value).map(([inner, found]) => [inner, walk(found, inner)]),
    )
    const isTime = key === 'at' && String(walked.type).includes('number')
    return isTime ? { ...walked, minimum: 0, maximum: latestMs } : walked
  }
  // The keys of an interface: the generator reads them as any text.
  if (definitions.AlertType) definitions.AlertType = { type: 'string', enum: verdictTypes }
  const kept = Object.entries(definitions).filter(([name]) => !name.includes('<'))
  return { ...(walk(rest) as Schema), ...(kept.length > 0 ? { definitions: walk(Object.fromEntries(kept)) } : {}) }
}

export function schemaText(schema: Schema): string {
  return `${JSON.stringify(schema, null, 2)}\n`
}

if (import.meta.main) {
  mkdirSync(schemaFolder, { recursive: true })
  const schemas = makeSchemas()
  for (const [name, schema] of Object.entries(schemas))
    writeFileSync(join(schemaFolder, `${name}.schema.json`), schemaText(schema))
  console.log(`${Object.keys(schemas).length} schemas written to schemas/`)
}
