import type { FormatName } from '../../src/types.ts'
import { type Json, list, phone, escapeHtml as safe } from './page.ts'

/** Draws the JSON of a message about as the vendor's app does on a phone. Only what the vendor documents is drawn. */
export const renderers: Readonly<Partial<Record<FormatName, (body: Json) => string>>> = {
  slack: body => phone({ app: 'Slack', background: '#fff', body: list(body.blocks).map(slackBlock).join('') }),
  teams: body => {
    const [{ content }] = list(body.attachments) as unknown as [{ content: Json }]
    const actions = list(content.actions)
      .map(({ title }) => `<span class="button">${safe(String(title))}</span>`)
      .join('')
    return phone({ app: 'Teams', background: '#f5f5f5', body: list(content.body).map(teamsBlock).join('') + actions })
  },
  discord: body => {
    const [embed] = list(body.embeds)
    const colour = `#${Number(embed!.color).toString(16).padStart(6, '0')}`
    const fields = list(embed!.fields).map(
      ({ name, value, inline }) =>
        `<div style="grid-column: span ${inline ? 1 : 2}"><b>${safe(String(name))}</b><br>${markdown(String(value))}</div>`,
    )
    const card = `<div style="border-left: 4px solid ${colour}; background: #f2f3f5; padding: 10px; border-radius: 4px"><h1>${markdown(String(embed!.title))}</h1>${markdown(String(embed!.description))}<div class="grid">${fields.join('')}</div><small>${safe(String((embed!.footer as Json | undefined)?.text ?? ''))}</small></div>`
    return phone({ app: 'Discord', background: '#fff', body: `<p>${markdown(String(body.content ?? ''))}</p>${card}` })
  },
  feishu: body => {
    const card = body.card as Json
    const { template, title } = card.header as { template: string; title: { content: string } }
    const colours: Record<string, string> = {
      red: '#f54a45',
      orange: '#ff8800',
      blue: '#3370ff',
      green: '#34c724',
      grey: '#8f959e',
    }
    const head = `<div style="background: ${colours[template]}; color: #fff; padding: 10px 12px; font-weight: 700; margin: -12px -14px 10px">${safe(title.content)}</div>`
    return phone({ app: 'Feishu', background: '#fff', body: head + list(card.elements).map(feishuElement).join('') })
  },
  dingtalk: body =>
    phone({ app: 'DingTalk', background: '#fff', body: markdown(String((body.markdown as Json).text)) }),
  wecom: body => phone({ app: 'WeCom', background: '#fff', body: markdown(String((body.markdown as Json).content)) }),
  pagerduty: body => {
    const payload = body.payload as Json
    const details = Object.entries(payload.custom_details as Json)
      .filter(([, value]) => typeof value === 'string')
      .map(([key, value]) => `<p><small>${safe(key)}</small>${safe(String(value)).replaceAll('\n', '<br>')}</p>`)
    const links = list(body.links).map(({ text }) => `<span class="button">${safe(String(text))}</span>`)
    const head = `<small>${safe(String(payload.severity)).toUpperCase()} · ${safe(String(payload.source))} · ${safe(String(payload.class))}</small><h1>${safe(String(payload.summary))}</h1>`
    return phone({ app: 'PagerDuty', background: '#fff', body: head + links.join('') + details.join('') })
  },
}

function slackBlock(block: Json): string {
  const text = (value: unknown) =>
    safe(String((value as Json).text))
      .replaceAll('&amp;', '&')
      .replaceAll('\n', '<br>')
  if (block.type === 'header') return `<h1>${text(block.text)}</h1>`
  if (block.type === 'section')
    return `<div class="grid">${list(block.fields)
      .map(field => `<div>${text(field).replace(/^(.*?)<br>/, '<b>$1</b><br>')}</div>`)
      .join('')}</div>`
  if (block.type === 'context')
    return list(block.elements)
      .map(element => `<small>${text(element)}</small>`)
      .join('')
  return list(block.elements)
    .map(element => {
      const inner = list(element.elements).map(slackElement).join('')
      return element.type === 'rich_text_preformatted' ? `<pre>${inner}</pre>` : `<p>${inner}</p>`
    })
    .join('')
}

function slackElement({ type, text, style, range, user_id: user }: Json): string {
  if (type === 'broadcast') return `<span class="mention">@${range}</span>`
  if (type === 'user') return `<span class="mention">@${user}</span>`
  if (type === 'link') return `<span class="mention">${safe(String(text))}</span>`
  return style ? `<b>${safe(String(text))}</b>` : safe(String(text))
}

function teamsBlock(block: Json): string {
  if (block.type === 'Container' && block.isVisible === false) return ''
  if (block.type === 'Container') return `<pre>${list(block.items).map(teamsBlock).join('')}</pre>`
  if (block.type === 'FactSet')
    return `<div style="display: grid; grid-template-columns: 110px 1fr; gap: 4px; font-size: 13px">${list(block.facts)
      .map(({ title, value }) => `<b>${safe(String(title))}</b><span>${safe(String(value))}</span>`)
      .join('')}</div>`
  if (block.type === 'TextBlock') return `<p class="mention">${safe(String(block.text).replace(/<\/?at>/g, ''))}</p>`
  const colours: Record<string, string> = {
    Attention: '#c4314b',
    Warning: '#b3560c',
    Good: '#237b4b',
    Accent: '#5b5fc7',
  }
  const runs = list(block.inlines).map(({ text, weight, size, color, fontType }) => {
    const shown = weight === 'Bolder' ? `<b>${safe(String(text))}</b>` : safe(String(text))
    const sized =
      size === 'Large' ? `<span style="font-size: 18px; color: ${colours[String(color)]}">${shown}</span>` : shown
    return fontType === 'Monospace' ? `<span style="font-family: monospace">${sized}</span>` : sized
  })
  return `<div style="margin-bottom: 6px">${runs.join('')}</div>`
}

function feishuElement(element: Json): string {
  const content = (value: unknown) => safe(String((value as Json).content)).replaceAll('\n', '<br>')
  if (element.tag === 'hr') return '<hr style="border: 0; border-top: 1px solid #ddd">'
  if (element.tag === 'markdown') return markdown(String(element.content))
  if (element.tag === 'note')
    return list(element.elements)
      .map(one => `<small>${content(one)}</small>`)
      .join('')
  if (element.tag === 'action')
    return list(element.actions)
      .map(({ text }) => `<span class="button">${content(text)}</span>`)
      .join('')
  if (element.fields)
    return `<div class="grid">${list(element.fields)
      .map(
        ({ text, is_short: short }) =>
          `<div style="grid-column: span ${short ? 1 : 2}">${content(text).replace(/^(.*?)<br>/, '<b>$1</b><br>')}</div>`,
      )
      .join('')}</div>`
  return `<p>${content(element.text)}</p>`
}

/** The little markdown that the messages use: headings, bold, code, quotes, links, mentions, escapes. */
function markdown(text: string): string {
  const blocks = text.split(/(```\n[\s\S]*?\n```)/)
  return blocks
    .map(block => {
      if (block.startsWith('```'))
        return `<pre>${safe(block.slice(4, -4)).replaceAll('&amp;#60;', '&lt;').replaceAll('&amp;#62;', '&gt;')}</pre>`
      return block
        .split('\n')
        .filter(line => line.trim() !== '')
        .map(line => {
          const shown = inline(line.replace(/^(### |> )/, ''))
          if (line.startsWith('### ')) return `<h1>${shown}</h1>`
          return line.startsWith('> ') ? `<blockquote>${shown}</blockquote>` : `<p>${shown}</p>`
        })
        .join('')
    })
    .join('')
}

function inline(line: string): string {
  return safe(line)
    .replace(/&lt;(at id=all|@all)&gt;(&lt;\/at&gt;)?/g, '<span class="mention">@all</span>')
    .replace(/(^|\s)@(all|everyone|here)/g, '$1<span class="mention">@$2</span>')
    .replace(/`([^`]+)`/g, '<code>$1</code>')
    .replace(/\*\*([^*]+)\*\*/g, '<b>$1</b>')
    .replace(/\[([^\]]+)\]\((?:&lt;)?[^)]*\)/g, '<span class="mention">$1</span>')
    .replace(/\\([^A-Za-z0-9\s&])/g, '$1')
    .replace(/\\(&[a-z]+;)/g, '$1')
}
