import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { checkout, oomloop } from '../support/oomloop.ts'
import { hostileRecording, stormRecording } from '../view/recordings.ts'
import { fixture } from '../view/replayed.ts'

const hasTmux = spawnSync('tmux', ['-V']).error === undefined
const scratch = mkdtempSync(join(tmpdir(), 'oomloop-watch-'))
const capture = resolve(checkout, 'fixtures/captures/filebeat-loop-kubepods-limit-100iops/capture.jsonl.gz')

/** A terminal of a size of its own, on a tmux server of its own. */
function openTmux(columns: number, rows: number, args: readonly string[], environment = 'LANG=C.UTF-8') {
  const socket = join(scratch, `tmux-${columns}x${rows}-${Math.random().toString(36).slice(2)}`)
  const tmux = (...command: readonly string[]): string =>
    execFileSync('tmux', ['-S', socket, '-f', '/dev/null', ...command], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, HOME: scratch, LANG: 'C.UTF-8', TERM: 'xterm-256color' },
    })
  const command = `${environment} ${process.execPath} ${join(checkout, 'src/main.ts')} ${args.join(' ')}; echo "ended with $?"; stty -a | grep -o ' echo '; sleep 60`
  tmux('new-session', '-d', '-x', `${columns}`, '-y', `${rows}`, command)
  const screen = (...flags: readonly string[]): string[] =>
    tmux('capture-pane', '-p', '-N', ...flags)
      .split('\n')
      .slice(0, -1)
  return {
    screen,
    keys: (...keys: readonly string[]) => void tmux('send-keys', ...keys),
    resize: (to: { columns: number; rows: number }) =>
      void tmux('resize-window', '-x', `${to.columns}`, '-y', `${to.rows}`),
    /** Waits until the screen shows it; fails with the screen as it was. */
    until: async (what: RegExp): Promise<string[]> => {
      for (const deadline = Date.now() + 60_000; Date.now() < deadline; await sleep(200))
        if (what.test(screen().join('\n'))) return screen()
      throw new Error(`${what} never came; the screen was\n${screen().join('\n')}`)
    },
    close: () => void tmux('kill-server'),
  }
}

describe.skipIf(!hasTmux)('in a terminal (needs tmux)', () => {
  let terminal: ReturnType<typeof openTmux> | undefined

  afterEach(() => {
    terminal?.close()
    terminal = undefined
  })

  it('shows a loop on a node with its countdown at 80x24, then at 200x50, and q gives the terminal back', async () => {
    terminal = openTmux(80, 24, ['watch', '--replay', capture, '--speed', '60'])
    const small = await terminal.until(/every ~4\ds .*next kill in \d+s/)
    expect(small).toHaveLength(24)
    expect(small[0]).toMatch(/^oomloop {2}node {2}1\.4 GiB .* 2026-11-23 12:3\d:\d\d UTC$/)
    expect(small[1]).toMatch(/^CRITICAL: memory exhaustion · since 12:35:27 /)
    expect(small[3]).toMatch(/^Headroom {3}[█░]{20} +\d+ MiB +\d+% /)
    expect(small.find(line => line.startsWith('u2-filebeat'))).toMatch(
      /u2-filebeat +[23] kills {2}every ~4\ds .*next kill in \d+s/,
    )
    expect(small.join('\n')).toMatch(
      /NEXT OOM VICTIMS *\n +score +adj +uses +pid +process +workload +restarts *\n +1\d{3} +\d+ +\d+ MiB/,
    )
    expect(small.at(-1)).toMatch(/^q quit {3}␣ pause {3}\+\/− speed/)

    terminal.keys('Space')
    await terminal.until(/paused\s*$/)
    terminal.resize({ columns: 200, rows: 50 })
    const wide = await terminal.until(/│ RECENT/)
    expect(wide).toHaveLength(50)
    expect(wide.join('\n')).toMatch(/ default\/u2-node-exporter/)
    expect(wide.at(-1)).toMatch(/^q quit/)

    terminal.keys('q')
    const after = await terminal.until(/ended with 0/)
    expect(after.join('\n')).toContain(' echo ') // not `-echo`
    expect(after.join('\n')).not.toContain('NEXT OOM VICTIMS')
  })

  it('stays at the end of a recording until q, and shows no colour under NO_COLOR', async () => {
    terminal = openTmux(
      80,
      24,
      ['watch', '--replay', fixture('limit-of-kubepods.jsonl.gz'), '--speed', '100000'],
      'NO_COLOR=1 LANG=C',
    )
    const plain = await terminal.until(/end of recording\s*$/)
    // In a terminal that may not know them, no picture of a bar.
    expect(plain[3]).toMatch(/^Headroom {3}[#.]{20} /)
    expect(terminal.screen('-e').join('\n')).not.toContain('\u001b[')
    terminal.keys('C-c')
    await terminal.until(/ended with 0/)
  })

  it('hostile names neither clear the screen nor colour it nor set its title', async () => {
    const file = join(scratch, 'hostile.jsonl')
    writeFileSync(file, hostileRecording())
    terminal = openTmux(200, 50, ['watch', '--replay', file, '--speed', '100000'])
    const screen = await terminal.until(/end of recording\s*$/)
    expect(screen).toHaveLength(50)
    expect(screen[0]).toMatch(/^oomloop {2}<script>/)
    expect(screen.join('\n')).toContain('\\x1b[2J')
    expect(screen.at(-1)).toMatch(/^q quit/)
  })

  it('watches this host itself', async () => {
    terminal = openTmux(80, 24, ['watch', '--state-dir', scratch])
    const screen = await terminal.until(/Headroom {3}[█░]{20} +[\d.]+ [GM]iB/)
    expect(screen[0]).toMatch(/ live +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/)
    expect(screen.at(-1)).toMatch(/no agent is running on this host$/)
    terminal.keys('q')
    await terminal.until(/ended with 0/)
  })

  it('a story is coloured on a terminal, and not under NO_COLOR', async () => {
    const red = '\u001b[31m'
    terminal = openTmux(100, 60, ['replay', fixture('founding-incident.jsonl')])
    await terminal.until(/ended with 1/)
    expect(terminal.screen('-e', '-S', '-').join('\n')).toContain(red)
    terminal.close()
    terminal = openTmux(100, 60, ['replay', fixture('founding-incident.jsonl')], 'NO_COLOR=1')
    await terminal.until(/ended with 1/)
    expect(terminal.screen('-e', '-S', '-').join('\n')).not.toContain(red)
  })

  it('a long input shows how far it was read, on the terminal only, and takes that away at its end', async () => {
    const file = join(scratch, 'storm.jsonl')
    writeFileSync(file, stormRecording({ stepSeconds: 60 }))
    // However fast the machine is, this input takes its time in the middle.
    const slowly = `(head -c 200000 ${file}; sleep 4; tail -c +200001 ${file}) | LANG=C.UTF-8`
    terminal = openTmux(100, 24, ['replay', '--kills', '-', '>', join(scratch, 'kills.jsonl')], slowly)
    await terminal.until(/^reading .*: \d+ KiB/m)
    const after = await terminal.until(/ended with 1/)
    expect(after.join('\n')).not.toContain('reading')
    expect(readFileSync(join(scratch, 'kills.jsonl'), 'utf8').match(/\n/g)).toHaveLength(5000)
  })

  it('wants a terminal, and says so: exit 2', async () => {
    expect(await oomloop(['watch'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('watch needs a terminal'),
    })
  })
})
