import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { Ajv, type ValidateFunction } from 'ajv'
import addFormats from 'ajv-formats'

export type SchemaName = 'alert' | 'oom-kill' | 'recording' | 'capture' | 'settings'

const folder = resolve(import.meta.dirname, '../../schemas')
const validators = new Map<string, ValidateFunction>()

/** Why a value is not what the published schema says; undefined where it is. */
export function whyInvalid(name: SchemaName, value: unknown): string | undefined {
  const validate = validatorOf(name)
  if (validate(value)) return undefined
  // The first says what is wrong, the rest which branch led there.
  const errors = validate.errors!.map(({ instancePath, message, params }) =>
    [instancePath || '(all of it)', message, JSON.stringify(params)].join(' '),
  )
  return `not as schemas/${name}.schema.json says: ${errors.slice(0, 5).join('; ')}\n${JSON.stringify(value)?.slice(0, 2000)}`
}

/** Throws where a value is not what the published schema says. */
export function expectValid<T>(name: SchemaName, value: T): T {
  const why = whyInvalid(name, value)
  if (why) throw new Error(why)
  return value
}

/** Each line of a text (recording, capture, output of `--alerts`) against the schema; a torn last line is passed over. */
export function expectValidLines(name: SchemaName, text: string): void {
  for (const line of text.split('\n').slice(0, -1)) if (line !== '') expectValid(name, JSON.parse(line))
}

/** As published, but closed: readers ignore unknown keys, while oomloop itself writes none that is not published. */
function validatorOf(name: SchemaName): ValidateFunction {
  let validate = validators.get(name)
  if (!validate) {
    const ajv = new Ajv({ allowUnionTypes: true })
    addFormats.default(ajv)
    validate = ajv.compile(closed(readSchema(name)) as object)
    validators.set(name, validate)
  }
  return validate
}

export function readSchema(name: SchemaName): Record<string, unknown> {
  return JSON.parse(readFileSync(resolve(folder, `${name}.schema.json`), 'utf8'))
}

function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed)
  if (typeof schema !== 'object' || schema === null) return schema
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]))
  const isObject = inner.type === 'object' && typeof inner.properties === 'object'
  return isObject && inner.additionalProperties === undefined ? { ...inner, additionalProperties: false } : inner
}
