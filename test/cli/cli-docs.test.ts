import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { makeDeb } from '../../packaging/deb.ts'
import { openRelease } from '../../packaging/release.ts'
import { makeRpm } from '../../packaging/rpm.ts'
import { writeCliDocs } from '../../scripts/cli-docs.ts'
import { readArguments } from '../../src/cli/arguments.ts'
import { commands } from '../../src/cli/commands.ts'
import { flagsOf } from '../../src/cli/flags.ts'
import { commandText } from '../../src/cli/help.ts'
import { errorCodes } from '../../src/errors.ts'
import { settingKeys } from '../../src/settings/table.ts'

const directory = mkdtempSync(join(tmpdir(), 'oomloop-cli-docs-'))
const read = (name: string): string => readFileSync(join(directory, name), 'utf8')
const has = (program: string): boolean => spawnSync(program, ['--version']).error === undefined

beforeAll(() => writeCliDocs(directory, '2026-11-25'))

describe('manual page', () => {
  it.skipIf(!has('groff'))(
    'the man page has every command, flag, setting and code, and groff prints no warning about it',
    () => {
      const { stdout, stderr } = spawnSync(
        'groff',
        ['-man', '-Tutf8', '-ww', '-P-c', '-rLL=200n', join(directory, 'oomloop.1')],
        {
          encoding: 'utf8',
        },
      )
      expect(stderr).toBe('')
      const page = stdout.replace(/.\u0008/g, '').replace(/\u2010/g, '-')
      for (const command of commands) {
        expect(page).toContain(`oomloop ${command.name} `)
        const part = page.slice(page.indexOf(`oomloop ${command.name} `))
        for (const { name } of flagsOf(command)) expect(part).toContain(`--${name}`)
      }
      for (const word of [...settingKeys, ...Object.keys(errorCodes)]) expect(page).toContain(word)
    },
  )
})

describe('help and parser', () => {
  it.each(commands.map(command => [command.name, command] as const))(
    '%s takes every flag that its help lists',
    (_, command) => {
      const help = commandText(command)
      for (const { name, short, value } of flagsOf(command)) {
        if (name !== 'help') expect(help).toContain(`--${name}`)
        const positionals = Array.from({ length: command.positionals[0] }, () => 'x')
        const given = value === null ? [`--${name}`] : [`--${name}`, 'x']
        expect(() => readArguments(command, [...given, ...positionals])).not.toThrow()
        if (short) expect(() => readArguments(command, [`-${short}`, ...given.slice(1), ...positionals])).not.toThrow()
      }
    },
  )
})

describe('completion', () => {
  const bash = (...typed: readonly string[]): string[] => {
    const script = `source ${join(directory, 'oomloop.bash')}; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _oomloop; printf '%s\\n' "\${COMPREPLY[@]}"`
    return execFileSync('bash', ['-c', script, 'bash', 'oomloop', ...typed], { encoding: 'utf8' })
      .split('\n')
      .filter(Boolean)
  }

  it('bash completes every command, every flag of each, and the values that are known', () => {
    expect(bash('')).toEqual([...commands.map(command => command.name), '--help', '--version'])
    expect(bash('re')).toEqual(['replay', 'record', 'report'])
    for (const command of commands)
      expect(bash(command.name, '--')).toEqual(flagsOf(command).map(flag => `--${flag.name}`))
    expect(bash('run', '--source', '')).toEqual(['auto', 'kmsg', 'file', 'journal'])
    expect(bash('config', '')).toEqual(['check', 'print'])
    expect(bash('replay', `${directory}/oomloop.b`)).toEqual([`${directory}/oomloop.bash`])
  })

  it.skipIf(!has('zsh'))('zsh reads its file, which has every command and flag', () => {
    const text = read('_oomloop')
    const { status, stderr } = spawnSync('zsh', ['-n', join(directory, '_oomloop')], { encoding: 'utf8' })
    expect([status, stderr]).toEqual([0, ''])
    for (const command of commands) {
      const part = text.slice(text.indexOf(`\n    ${command.name})`))
      for (const { name } of flagsOf(command)) expect(part).toContain(`--${name}[`)
    }
  })

  it.skipIf(!has('fish'))('fish looks where the packages and install.sh put its completion', () => {
    const places = execFileSync('fish', ['-c', 'string join \\n $fish_complete_path'], {
      encoding: 'utf8',
    })
    expect(places.split('\n')).toEqual(
      expect.arrayContaining(['/usr/share/fish/vendor_completions.d', '/etc/fish/completions']),
    )
  })

  it.skipIf(!has('fish'))('fish completes every command and every flag of each', () => {
    const fish = (line: string): string[] =>
      execFileSync('fish', ['--no-config', '-c', `source ${join(directory, 'oomloop.fish')}; complete -C '${line}'`], {
        encoding: 'utf8',
        env: { PATH: process.env.PATH, HOME: directory },
      })
        .split('\n')
        .map(found => found.split('\t')[0]!)
    expect(fish('oomloop ')).toEqual(expect.arrayContaining(commands.map(command => command.name)))
    for (const command of commands) {
      const found = fish(`oomloop ${command.name} --`)
      for (const { name } of flagsOf(command)) expect(found).toContain(`--${name}`)
    }
  })
})

describe('packages', () => {
  it.each([
    ['.deb', 'dpkg-deb', makeDeb, ['dpkg-deb', '--contents'], 'usr/share/zsh/vendor-completions/_oomloop'],
    ['.rpm', 'rpmbuild', makeRpm, ['rpm', '--query', '--list', '--package'], 'usr/share/zsh/site-functions/_oomloop'],
  ] as const)('the %s has them where man and the shells look', (_, program, make, [list, ...args], zsh) => {
    if (!has(program)) return
    const folder = mkdtempSync(join(tmpdir(), 'oomloop-folder-'))
    for (const name of [
      'oomloop',
      'libatomic.so.1',
      'oomloop.service',
      'oomloop-hold.service',
      'oomloop.yaml',
      'LICENSE',
      'sbom.cdx.json',
    ])
      writeFileSync(join(folder, name), `${name}\n`)
    writeCliDocs(folder, '2026-11-25')
    const release = openRelease(mkdtempSync(join(tmpdir(), 'oomloop-out-')))
    const files = execFileSync(list, [...args, make(release, 'x64', folder)], { encoding: 'utf8' })
    for (const path of [
      'usr/share/man/man1/oomloop.1',
      'usr/share/bash-completion/completions/oomloop',
      'usr/share/fish/vendor_completions.d/oomloop.fish',
      zsh,
    ])
      expect(files).toMatch(new RegExp(`/${path}(\\.gz)?$`, 'm'))
    for (const made of [folder, release.work, release.out]) rmSync(made, { recursive: true })
  })
})
