import Handlebars from 'handlebars'
import alertSchema from '../../schemas/alert.schema.json' with { type: 'json' }

interface Schema {
  readonly $ref?: string
  readonly anyOf?: readonly Schema[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly additionalProperties?: boolean | Schema
  readonly type?: string | readonly string[]
}

/** A path that no alert has, and the nearest one that does. */
interface UnknownPath {
  readonly path: string
  /** Names that exist where the path goes wrong. */
  readonly known: readonly string[]
}

const root = alertSchema as unknown as Schema
const definitions = (alertSchema as unknown as { readonly definitions: Readonly<Record<string, Schema>> }).definitions

/** Blocks that change what a name means inside them. */
const changesContext = new Set(['each', 'with'])
const helpers = new Set(['json', 'eq', 'lookup', 'log', 'if', 'unless', 'each', 'with', 'else'])

/** The paths of a Handlebars template that no alert has, by the schema of alerts. Throws where it cannot be parsed. */
export function unknownPaths(template: string): readonly UnknownPath[] {
  const found: UnknownPath[] = []
  visitProgram(Handlebars.parse(template), { contexts: [[root]], locals: new Set(), found })
  return found
}

interface Scope {
  /** Schemas that the innermost context may have, last; `../` goes back. An empty list: anything goes. */
  readonly contexts: readonly (readonly Schema[])[]
  /** Block parameters: `{{#each members as |member|}}`. */
  readonly locals: ReadonlySet<string>
  readonly found: UnknownPath[]
}

function visitProgram(program: hbs.AST.Program | undefined, scope: Scope): void {
  for (const statement of program?.body ?? []) visitStatement(statement, scope)
}

function visitStatement(statement: hbs.AST.Statement, scope: Scope): void {
  if (statement.type === 'MustacheStatement') visitCall(statement as hbs.AST.MustacheStatement, scope)
  if (statement.type !== 'BlockStatement') return
  const block = statement as hbs.AST.BlockStatement
  visitCall(block, scope)
  const name = (block.path as hbs.AST.PathExpression).original
  const subject = block.params[0] ?? block.path
  const inner = helpers.has(name) && !changesContext.has(name) ? undefined : schemasOf(subject, scope)
  const items =
    name === 'each'
      ? inner?.flatMap(elementsOf)
      : inner?.flatMap(schema => (schema.items ? elementsOf(schema) : schema))
  const locals = new Set([...scope.locals, ...(block.program.blockParams ?? [])])
  visitProgram(block.program, { ...scope, locals, contexts: items ? [...scope.contexts, items] : scope.contexts })
  visitProgram(block.inverse, scope)
}

/** A helper with arguments, or a plain value: each path in it must exist. */
function visitCall(
  call: hbs.AST.MustacheStatement | hbs.AST.BlockStatement | hbs.AST.SubExpression,
  scope: Scope,
): void {
  const values = [...call.params, ...(call.hash?.pairs ?? []).map(({ value }) => value)]
  const isHelper = helpers.has((call.path as hbs.AST.PathExpression).original ?? '')
  for (const value of isHelper ? values : [call.path, ...values]) {
    if (value.type === 'SubExpression') visitCall(value as hbs.AST.SubExpression, scope)
    else schemasOf(value, scope)
  }
}

/** The schemas that a path leads to; empty where that is not known. A step that does not exist is found. */
function schemasOf(expression: hbs.AST.Expression, { contexts, locals, found }: Scope): readonly Schema[] {
  if (expression.type !== 'PathExpression') return []
  const { parts, depth, data, original } = expression as hbs.AST.PathExpression
  const steps = parts.map(String)
  if (locals.has(steps[0] ?? '')) return []
  if (data && steps[0] !== 'root') return [] // @index, @key, @first, @last
  let schemas = data ? [root] : (contexts[contexts.length - 1 - depth] ?? [])
  for (const step of data ? steps.slice(1) : steps) {
    if (schemas.length === 0) return []
    const known = [...new Set(schemas.flatMap(resolved).flatMap(schema => Object.keys(schema.properties ?? {})))]
    const next = schemas.flatMap(resolved).flatMap(schema => stepInto(schema, step))
    if (next.length === 0) {
      found.push({ path: original, known })
      return []
    }
    schemas = next.flatMap(schema => (schema === anything ? [] : schema))
  }
  return schemas
}

const anything: Schema = {}

function stepInto(schema: Schema, step: string): readonly Schema[] {
  const property = schema.properties?.[step]
  if (property) return [property]
  // Labels have names of their own.
  if (typeof schema.additionalProperties === 'object') return [schema.additionalProperties]
  const isList = schema.items !== undefined
  if (isList && step === 'length') return [anything]
  return isList && /^\d+$/.test(step) ? [schema.items!] : []
}

function elementsOf(schema: Schema): readonly Schema[] {
  return resolved(schema).flatMap(({ items, additionalProperties }) =>
    items ? items : typeof additionalProperties === 'object' ? additionalProperties : [],
  )
}

/** Behind `$ref` and `anyOf`. */
function resolved(schema: Schema): readonly Schema[] {
  if (schema.$ref) return resolved(definitions[schema.$ref.split('/').at(-1)!] ?? {})
  return schema.anyOf ? schema.anyOf.flatMap(resolved) : [schema]
}
