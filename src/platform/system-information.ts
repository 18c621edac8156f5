export type SystemInformation = typeof import('systeminformation')

/**
 * Loads `systeminformation`. In the executable it is an asset, so that the text of the agent's program does not contain
 * it: the engine keeps that text in memory.
 */
export async function loadSystemInformation(): Promise<SystemInformation> {
  const sea = process.getBuiltinModule('node:sea')
  if (!sea?.isSea()) return (await import('systeminformation')).default as unknown as SystemInformation
  const { compileFunction } = process.getBuiltinModule('node:vm')
  const { createRequire } = process.getBuiltinModule('node:module')
  const module = { exports: {} as SystemInformation }
  const text = sea.getAsset('systeminformation.cjs', 'utf8')
  compileFunction(text, ['module', 'exports', 'require'])(module, module.exports, createRequire(process.execPath))
  return module.exports
}
