/** Runs in the page: what is drawn, what is too wide, what cannot be read or heard. */
;(() => {
  const all = selector => [...document.querySelectorAll(selector)]
  const marks = all('path.kill').reduce((sum, path) => sum + (path.getAttribute('d').match(/M/g)?.length ?? 0), 0)
  const rgb = colour => colour.match(/[\d.]+/g).map(Number)
  const light = colour => {
    const [r, g, b] = rgb(colour)
      .slice(0, 3)
      .map(part => (part / 255 <= 0.03928 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const groundOf = element => {
    for (let at = element; at; at = at.parentElement) {
      const { backgroundColor } = getComputedStyle(at)
      if (rgb(backgroundColor)[3] !== 0 && !/, 0\.|color\(/.test(backgroundColor)) return backgroundColor
    }
    return 'rgb(255, 255, 255)'
  }
  const lowContrast = all('p, dt, dd, th, td, li, h1, h2, h3, small, summary, .badge, .tick-y, code, b, .key')
    .filter(element => element.textContent?.trim() && element.offsetWidth > 0)
    .flatMap(element => {
      const [text, ground] = [light(getComputedStyle(element).color), light(groundOf(element))]
      const ratio = (Math.max(text, ground) + 0.05) / (Math.min(text, ground) + 0.05)
      return ratio < 4.5 ? [`${element.tagName}.${element.className} ${ratio.toFixed(2)}`] : []
    })
  const isSeen = element => element.getClientRects().length > 0
  const hasContent = heading => {
    for (let next = heading.nextElementSibling; next && !/^H[123]$/.test(next.tagName); next = next.nextElementSibling)
      if (isSeen(next)) return true
    return false
  }
  const names = all('main, nav, aside, section, [role="region"]').map(
    area =>
      area.getAttribute('aria-label') ??
      all(`[id="${area.getAttribute('aria-labelledby')}"]`)[0]?.textContent ??
      area.tagName,
  )
  const headings = all('h1, h2, h3').map(heading => heading.tagName)
  return {
    marks,
    overflow: Math.max(0, document.documentElement.scrollWidth - innerWidth),
    isDark: light(getComputedStyle(document.body).backgroundColor) < 0.2,
    unlabelled: all('svg')
      .filter(svg => !svg.querySelector('title')?.textContent)
      .map(svg => svg.outerHTML.slice(0, 80)),
    headings:
      headings[0] === 'H1' && headings.filter(tag => tag === 'H1').length === 1 ? 'h1 first' : headings.join(' '),
    // Headings without anything below them, and areas that a screen reader announces by the same name.
    empty: all('h2, h3')
      .filter(isSeen)
      .filter(heading => !hasContent(heading))
      .map(heading => heading.textContent),
    sameName: names.filter((name, index) => names.indexOf(name) !== index),
    landmarks: ['header', 'main', 'footer'].filter(tag => document.querySelector(`body > ${tag}`)).join(' '),
    lowContrast: [...new Set(lowContrast)],
  }
})()
