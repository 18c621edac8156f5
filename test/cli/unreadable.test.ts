import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { errorCodes } from '../../src/errors.ts'
import { oomloop } from '../support/oomloop.ts'

// As the service's directory is for a user of the node: /var/lib/private is root's alone.
const state = mkdtempSync(join(tmpdir(), 'oomloop-unreadable-'))
const recordings = join(state, 'recordings')
mkdirSync(recordings)
writeFileSync(join(recordings, '000001.jsonl'), '{"oomloop":"recording","version":1}\n')
writeFileSync(join(state, 'status.json'), '{}')
writeFileSync(join(state, 'oomloop.yaml'), '{}')
chmodSync(state, 0o700)
afterAll(() => rmSync(state, { recursive: true }))

const nobody = process.getuid?.() === 0 ? { uid: 65534, cwd: tmpdir() } : undefined
const zh = { env: { OOMLOOP_LOCALE: 'zh-CN' } }
/** `cannot …: why [OOMLOOP_CODE]`: a sentence in one line, without the name of a system call or a stack. */
const sentence = (words: string) =>
  expect.stringMatching(new RegExp(`^oomloop: .*${words}.*\\[(${errorCodes.join('|')})\\]\\n$`))

describe.skipIf(!nobody)('a user who may not read the state directory (needs root to become one)', () => {
  it.each([
    [['status', '--state-dir', state], 'this user cannot read .*status.json'],
    [['report', recordings, '-o', join(state, 'x.html')], 'cannot read .*recordings: permission denied'],
    [['report', `${recordings}/*`, '-o', join(state, 'x.html')], 'cannot read .*: permission denied'],
    [['replay', join(recordings, '000001.jsonl')], 'cannot read .*: permission denied'],
    [['report', '-', '-o', join(state, 'x.html')], 'cannot write .*x.html: permission denied'],
    [
      ['config', 'check', '--config', join(state, 'oomloop.yaml')],
      'cannot read the settings file .*: permission denied',
    ],
  ])('%s says so in one sentence', async (args, words) => {
    const { code, stderr } = await oomloop(args, { ...nobody, input: '' })
    expect(
      stderr
        .split('\n')
        .filter(line => line.endsWith(']'))
        .join('\n')
        .concat('\n'),
    ).toEqual(sentence(words))
    expect(stderr).not.toMatch(/EACCES|errno|scandir|\n {4}at /)
    expect(code).toBe(args[0] === 'config' ? 2 : 3)
  })

  it('gets it in Chinese too', async () => {
    const { stderr } = await oomloop(['report', recordings, '-o', '-'], { ...nobody, ...zh })
    expect(stderr).toEqual(sentence('无法读取 .*：没有权限'))
  })

  it('doctor does not claim that no agent runs if the status cannot be read', async () => {
    const { stdout } = await oomloop(['doctor', '--state-dir', state], nobody)
    expect(stdout).toContain('cannot read the state of the agent')
    expect(stdout).not.toContain('no agent is running')
  }, 60_000)
})

describe('recordings/* as a shell passes it on whose user may not list the directory', () => {
  it('is what the directory is', async () => {
    const [one, other] = await Promise.all(
      [`${recordings}/*`, recordings].map(path => oomloop(['replay', path, '--alerts'], { cwd: tmpdir() })),
    )
    expect(one).toEqual(other)
    expect([one!.code, one!.stderr]).toEqual([0, expect.not.stringContaining('cannot')])
  })

  it('is an error where there is no such directory', async () => {
    const { code, stderr } = await oomloop(['replay', `${state}/nowhere/*`])
    expect([code, stderr]).toEqual([3, sentence('cannot read .*nowhere/\\*: no such file')])
  })
})
