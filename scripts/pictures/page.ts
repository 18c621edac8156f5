/* Parts that the renderers of all formats share. */

export type Json = Readonly<Record<string, unknown>>

export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

export function list(value: unknown): readonly Json[] {
  return Array.isArray(value) ? (value as Json[]) : []
}

/** A phone's screen: 390 pixels wide; the line shows where its first screen ends. */
export function phone(options: { readonly app: string; readonly background: string; readonly body: string }): string {
  return `<!doctype html><meta charset="utf-8"><style>
* { box-sizing: border-box }
body { margin: 0; width: 390px; background: ${options.background}; font: 15px/1.4 "DejaVu Sans", "WenQuanYi Micro Hei", sans-serif; color: #1d1c1d; overflow-wrap: anywhere }
header.app { padding: 10px 14px; font-size: 13px; color: #666; border-bottom: 1px solid #ddd; background: #fff }
main { padding: 12px 14px }
pre { margin: 4px 0 8px; padding: 8px; border: 1px solid #ddd; border-radius: 5px; background: #f6f6f6; white-space: pre-wrap; font: 12.5px/1.4 "DejaVu Sans Mono", "WenQuanYi Micro Hei Mono", monospace }
code { background: #f0f0f0; padding: 1px 3px; font: 12.5px "DejaVu Sans Mono", monospace }
h1 { font-size: 18px; margin: 0 0 8px } p { margin: 0 0 6px } small { color: #666; font-size: 12px; display: block }
.grid { display: grid; grid-template-columns: 1fr 1fr; gap: 8px; font-size: 13px; margin: 8px 0 } b { font-weight: 700 }
.button { display: inline-block; border: 1px solid #bbb; border-radius: 5px; padding: 5px 12px; margin: 4px 6px 4px 0; font-size: 13px; background: #fff }
.mention { color: #1264a3; background: #e8f5fa } blockquote { margin: 2px 0 6px; padding-left: 8px; border-left: 3px solid #ccc; color: #555 }
.fold { position: absolute; top: 720px; width: 390px; border-top: 1px dashed #e01e5a; font-size: 10px; color: #e01e5a; text-align: right }
</style><header class="app">${options.app}</header><main>${options.body}</main><div class="fold">720 px</div>`
}
