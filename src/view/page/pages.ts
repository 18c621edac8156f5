import type { IncidentHistory } from '../incident/timeline-data.ts'
import { type PageOptions, reportPage } from './page.ts'

/**
 * Several hosts or boots as one page: the first page, with the bodies of the others as further sections. Anchors of those
 * get a number, so that each points into its own section. Landmarks are unique: one main, and regions are also named by
 * the heading of their part.
 */
export function reportPages(parts: readonly IncidentHistory[], options: PageOptions): string {
  const [first, ...others] = parts.map(part => reportPage(part, options))
  if (first === undefined) throw new TypeError('no parts')
  const sections = others.slice(0, mostParts).map((page, index) => {
    const body = page.slice(page.indexOf('<body>') + '<body>'.length, page.lastIndexOf('</body>'))
    return `<hr>${body
      .replace(/<a class="skip"[^>]*>[^<]*<\/a>/, '')
      .replace(/<(?:header|main)>/g, '<div>')
      .replace(/<footer>/g, '<div class="foot">')
      .replace(/<\/(?:header|main|footer)>/g, '</div>')
      .replace('<h1>', '<h1 id="part">')
      .replace(/\baria-labelledby="([\w-]+)"/g, 'aria-labelledby="$1 part"')
      .replace(
        /\b(id|for|aria-labelledby)="([\w -]+)"/g,
        (_, name, ids: string) =>
          `${name}="${ids
            .split(' ')
            .map(id => `${id}-${index + 2}`)
            .join(' ')}"`,
      )
      .replace(/(href="#|url\(#)([\w-]+)/g, `$1$2-${index + 2}`)}`
  })
  const end = first.lastIndexOf('</body>')
  return `${first.slice(0, end)}${sections.join('\n')}${first.slice(end)}`
}

/** More sections would be too many for a page. The text report has all of them. */
const mostParts = 50
