import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  type Block,
  blocksOf,
  commandsOf,
  filesNamedIn,
  isSettings,
  pages,
  ruleFor,
} from '../scripts/docs-walk-rules.ts'
import { type Finished, oomloop } from './support/oomloop.ts'

// test/live/docs-walk.test.ts runs the commands themselves.
const blocks = [...pages, 'docs/zh-CN/settings.md', 'docs/zh-CN/getting-started.md'].flatMap(blocksOf)

/** `config check` of settings on a page, with a file in place of each that they name. */
async function checked(block: Block, { withFiles = true } = {}): Promise<Finished> {
  const folder = mkdtempSync(join(tmpdir(), 'oomloop-page-settings-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  if (withFiles) for (const [path, text] of filesNamedIn(block)) writeFileSync(join(folder, basename(path)), text)
  writeFileSync(join(folder, 'page.yaml'), block.text.replaceAll('/etc/oomloop/', `${folder}/`))
  return oomloop(['config', 'check', '--config', join(folder, 'page.yaml')])
}

describe('the walk through the pages that a new user reads', () => {
  it('knows every command, those in lists and tables too', () => {
    const commands = blocks.filter(({ kind, page }) => kind === 'sh' && !page.includes('zh-CN')).flatMap(commandsOf)
    expect(commands).toEqual(
      expect.arrayContaining([
        'kubectl cordon NODE',
        'oomloop report /var/lib/oomloop/recordings -o incident.html',
        'df -t tmpfs --output=used,size,target | sort -n | tail -5',
      ]),
    )
    expect(commands.filter(command => ruleFor(command) === undefined)).toEqual([])
  })

  it.each(blocks.filter(isSettings).map(block => ({ ...block, first: block.text.split('\n').slice(0, 3).join(' ') })))(
    '$page: config check takes the settings "$first"',
    async block => {
      expect(await checked(block)).toMatchObject({ code: 0, stdout: expect.stringMatching(/settings are valid/) })
    },
  )

  it('settings of a page without the files that they name are errors', async () => {
    const [block] = blocksOf('docs/recipes.md').filter(isSettings)
    expect((await checked(block!, { withFiles: false })).stderr).toMatch(/telegram-url[\s\S]*telegram\.hbs/)
  })
})
