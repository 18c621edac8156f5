import { type Html, html } from '../../text/html.ts'

/** A table that may be wider than the page: it scrolls by itself, by keyboard too, and the page does not. */
export function scrolling(name: string, table: Html): Html {
  return html`<div class="scroll" role="group" aria-label="${name}" tabindex="0">${table}</div>`
}
