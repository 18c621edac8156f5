import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Where systemd looks for the unit and its drop-ins. */
const unitFolders = ['/etc/systemd/system', '/run/systemd/system', '/usr/lib/systemd/system', '/lib/systemd/system']

/** Does the service's unit pass a credential or set a variable of this name? Then only the unit can check it. */
export function isInUnit(name: string, folders: readonly string[] = unitFolders): boolean {
  return namesIn(folders.flatMap(unitTexts).join('\n'), readable).has(name)
}

/** `LoadCredential=webhook-secret:/etc/…` and `Environment="HOOK=…"` set a name each. */
export function namesIn(text: string, read: (path: string) => string | undefined): ReadonlySet<string> {
  const names = new Set<string>()
  for (const [, key, value] of text.matchAll(/^\s*(\w+)=(.*)$/gm)) {
    if (/^(Load|Set)Credential(Encrypted)?$/.test(key!)) names.add(value!.split(':')[0]!.trim())
    if (key === 'Environment' || key === 'PassEnvironment')
      for (const [, name] of value!.matchAll(/(?:^|[\s"'])([A-Za-z_]\w*)(?==|\s|$)/g)) names.add(name!)
    if (key === 'EnvironmentFile')
      for (const [, name] of (read(value!.trim().replace(/^-/, '')) ?? '').matchAll(/^\s*([A-Za-z_]\w*)=/gm))
        names.add(name!)
  }
  return names
}

function unitTexts(folder: string): readonly string[] {
  const dropIns = join(folder, 'oomloop.service.d')
  return [join(folder, 'oomloop.service'), ...listed(dropIns).map(name => join(dropIns, name))].flatMap(
    path => readable(path) ?? [],
  )
}

function listed(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter(name => name.endsWith('.conf'))
  } catch {
    return [] // no drop-ins
  }
}

function readable(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined // not here, or not for this user
  }
}
