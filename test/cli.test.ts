import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { commands } from '../src/cli/commands.ts'
import { messagesOf } from '../src/text/messages/catalogues.ts'
import { checkout, oomloop } from './support/oomloop.ts'

const scratch = mkdtempSync(join(tmpdir(), 'oomloop-cli-'))

describe('command line', () => {
  it('prints its version, which is that of the package', async () => {
    const { version } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8'))
    expect(await oomloop(['--version'])).toMatchObject({ code: 0, stdout: `oomloop ${version}\n` })
  })

  it('--help names every command, and each has a help of its own', async () => {
    const { stdout } = await oomloop(['--help'])
    for (const { name } of commands) expect(stdout).toContain(messagesOf('en').cli.commands[name].summary)
    for (const { name } of commands) {
      const help = await oomloop([name, '--help'])
      expect([help.code, help.stdout.split('\n')[0]]).toEqual([0, expect.stringContaining(`usage: oomloop ${name}`)])
    }
  })

  it.each([
    [[], 'usage: oomloop COMMAND'],
    [['--bogus'], 'unknown flag "--bogus"; see oomloop --help'],
    [['rune'], 'unknown command "rune"'],
    [['run', '--bogus'], 'unknown flag --bogus; see oomloop run --help'],
    [['run', 'extra'], 'run does not take "extra"'],
    [['run', '--loop-window', 'soon'], '--loop-window is "soon", but must be a duration'],
    [['run', '--listen', '127.0.0.1:99999'], '--listen is "127.0.0.1:99999", but must be ADDRESS:PORT'],
    [['run', '--webhook', 'hooks.example/x'], 'the URL must begin with http:// or https://'],
    [['run', '--config', '/nowhere.yaml'], 'cannot read the settings file /nowhere.yaml: no such file or directory ['],
    [['run', '--node-nam', 'x'], 'unknown flag --node-nam (did you mean --node-name?); see oomloop run --help'],
    [['run', '--node-name'], '--node-name needs a value'],
    [['replay', '--year', '--tz', 'UTC', 'x.log'], '--year needs a value; see oomloop replay --help'],
    [['run', '--observe=yes'], '--observe takes no value'],
    [['run', '--nope', '--locale', 'zh-CN'], '未知的参数 --nope；见 oomloop run --help'],
    [['replay'], 'an argument is missing: oomloop replay FILE… | -'],
    [['replay', 'x.log', '--alerts', '--kills'], 'one of --alerts'],
    [['replay', 'x.log', '--year', 'soon'], '--year is "soon"'],
    [['replay', 'x.log', '--tz', 'soon'], '--tz is "soon", but must be a time zone'],
    [['record'], 'record needs -o FILE'],
    [['config', 'chek'], 'config takes check or print'],
    [['notify'], 'notify takes --test, --dry-run or both'],
  ])('%j is wrong use: exit 2 and a sentence', async (args, sentence) => {
    const { code, stdout, stderr } = await oomloop(args)
    expect({ code, said: stdout + stderr }).toEqual({ code: 2, said: expect.stringContaining(sentence) })
    expect(stderr).not.toMatch(/^\s+at /m) // a sentence, no stack
  })

  it.each([
    ['a missing file', ['replay', join(scratch, 'missing.log')]],
    ['a directory without recordings', ['replay', scratch]],
    ['a status that nobody wrote', ['status', '--state-dir', scratch]],
  ])('%s is a failure: exit 3 and a sentence', async (_, args) => {
    const { code, stderr } = await oomloop(args)
    expect(code).toBe(3)
    expect(stderr).toMatch(/^oomloop: .+ \[OOMLOOP_[A-Z_]+\]\n$/)
  })

  it('config check is fine with no settings at all, and names the file that is not', async () => {
    expect(await oomloop(['config', 'check'])).toMatchObject({ code: 0 })
    const file = join(scratch, 'broken.yaml')
    writeFileSync(file, 'stormEvents: many\n')
    const { code, stderr } = await oomloop(['config', 'check', '--config', file])
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining('stormEvents in the settings file is "many"'),
    })
  })

  it('commands that send nothing need no secrets, and config check reports every missing one at once', async () => {
    const file = join(scratch, 'unit.yaml')
    writeFileSync(
      file,
      'webhooks: [{url: "https://a.example/b", secretFile: webhook-secret, caFile: ca.pem}, {urlEnv: HOOK}]\n',
    )
    const log = join(scratch, 'quiet.log')
    writeFileSync(log, 'Jun 15 16:50:50 n kernel: eth0: link up\n')
    const run = (...args: string[]) => oomloop([...args, '--config', file])
    expect(await run('replay', log)).toMatchObject({ code: 0, stderr: '' })
    expect(await run('record', '-o', join(scratch, 'r.jsonl'), '--for', '10ms')).toMatchObject({ code: 0 })
    expect((await run('status', '--state-dir', scratch)).stderr).toContain('OOMLOOP_NOT_RUNNING')
    const check = await run('config', 'check')
    expect(check.code).toBe(2)
    expect(check.stderr).toMatch(
      /^oomloop: 3 errors in the settings: \[OOMLOOP_SETTINGS\]\n {2}- webhook 1: secretFile: cannot read .+: no such file or directory\n {2}- webhook 1: caFile: cannot read .+: no such file or directory\n {2}- webhook 2: urlEnv: the environment variable HOOK is not set\n$/,
    )
    for (const command of [
      ['run', '--state-dir', scratch],
      ['notify', '--test'],
    ])
      expect(await run(...command)).toMatchObject({ code: 2, stderr: expect.stringContaining('webhook-secret') })
  })

  it('a log without kills is fine: exit 0; one with a kill is a finding: exit 1', async () => {
    const quiet = await oomloop(['replay', '-'], { input: 'Jun 15 16:50:50 n kernel: eth0: link up\n' })
    expect(quiet).toMatchObject({ code: 0, stdout: expect.stringContaining('no OOM kill') })
    const kill = await oomloop(['replay', '--kills', '--year', '2023', '-'], {
      input:
        'Jun 15 16:50:50 n kernel: Killed process 7 (a), UID 0, total-vm:9kB, anon-rss:8kB, file-rss:0kB, shmem-rss:0kB\n',
    })
    expect(kill.code).toBe(1)
    expect(JSON.parse(kill.stdout)).toMatchObject({ pid: 7, comm: 'a', anonRssKiB: 8, uid: 0 })
  })
})
