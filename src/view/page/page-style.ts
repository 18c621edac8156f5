/** The look of a page: one column, few colours, system fonts. Colours reach 4.5:1 as text on either ground. */
export const pageStyle = `
:root{color-scheme:light dark;--ground:#fff;--soft:#f5f6f7;--line:#dfe2e6;--ink:#16191d;--mute:#59616b;--kill:#c0271d;--own:#9a5b00;--warn:#8a5200;--warn-ground:#fff1d6;--kill-ground:#fdeceb;--info:#1f5f99;--info-ground:#e6f0fa;--ok:#1d7145;--ok-ground:#e4f4ea;--memory:#a9c8e8;--headroom:#1f5f99;--full:#8a3fa0;--io:#0d7d78;--load:#59616b;--life:#b7bec7;--band:#f3efe6}
@media (prefers-color-scheme:dark){:root{--ground:#14171b;--soft:#1c2025;--line:#343a42;--ink:#e8eaed;--mute:#a2abb6;--kill:#ff7a6e;--own:#e8a84a;--warn:#f0b455;--warn-ground:#3a2c10;--kill-ground:#431d1a;--info:#82b7ea;--info-ground:#182c40;--ok:#6fcf97;--ok-ground:#15301f;--memory:#2f4d6d;--headroom:#82b7ea;--full:#d08fe4;--io:#4fc4bd;--load:#a2abb6;--life:#535c67;--band:#211f1b}}
@media print{:root{color-scheme:light;--ground:#fff;--soft:#fff;--line:#ccc;--ink:#000;--mute:#444;--kill:#b00;--own:#7a4800;--warn:#7a4800;--warn-ground:#fff;--kill-ground:#fff;--info:#1f5f99;--info-ground:#fff;--ok:#1d7145;--ok-ground:#fff;--memory:#bcd;--headroom:#1f5f99;--full:#8a3fa0;--io:#0d7d78;--load:#555;--life:#aaa;--band:#f4f1ea}}
*{box-sizing:border-box}
body{margin:0 auto;padding:40px 24px 64px;max-width:1120px;background:var(--ground);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Noto Sans CJK SC","PingFang SC","Microsoft YaHei",sans-serif;font-variant-numeric:tabular-nums;overflow-wrap:anywhere;-webkit-text-size-adjust:100%;print-color-adjust:exact;-webkit-print-color-adjust:exact}
.skip{position:absolute;left:-9999px}.skip:focus{left:16px;top:8px;background:var(--ground);padding:8px}
a{color:var(--info)}:focus-visible{outline:2px solid var(--info);outline-offset:2px}
.brand{margin:0;font-size:14px;color:var(--mute)}.brand b{color:var(--ink);letter-spacing:.01em}
h1{margin:6px 0 10px;font-size:34px;line-height:1.15;letter-spacing:-.018em;font-weight:680;text-wrap:balance}
h2{margin:0 0 14px;font-size:20px;line-height:1.3;letter-spacing:-.008em;font-weight:640}
h3{margin:0 0 6px;font-size:16px;font-weight:620}
.byline{margin:0;display:flex;flex-wrap:wrap;gap:4px 16px;align-items:center;font-size:14px;color:var(--mute)}
section,aside{margin-top:48px}
.what{margin-top:28px}.quiet{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.lead{max-width:46em;font-size:19px;line-height:1.5}.lead p{margin:0 0 .5em;text-wrap:pretty}
.facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(190px,1fr));gap:0;margin:24px 0 0;border-top:1px solid var(--line);border-bottom:1px solid var(--line)}
.facts div{padding:14px 16px 14px 0}.facts dt{font-size:13px;color:var(--mute)}.facts dd{margin:0}.facts b{display:block;font-size:26px;line-height:1.25;font-weight:640;letter-spacing:-.015em}.facts small{font-size:13px;color:var(--mute)}
.badge{display:inline-block;padding:1px 8px;border-radius:4px;font-size:12.5px;font-weight:620;color:var(--mute);background:var(--soft)}
.badge.critical{color:var(--kill);background:var(--kill-ground)}.badge.warning{color:var(--warn);background:var(--warn-ground)}.badge.info{color:var(--info);background:var(--info-ground)}.badge.over{color:var(--ok);background:var(--ok-ground)}
.actions{margin-top:32px;padding:20px 24px;background:var(--soft);border-left:4px solid var(--kill)}.actions h2{font-size:17px;margin-bottom:8px}.actions ol{margin:0;padding-left:1.4em}.actions li{margin:0 0 8px}.actions small{color:var(--mute)}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.88em}
.command{display:block;margin-top:4px;padding:6px 10px;background:var(--ground);border:1px solid var(--line);border-radius:4px;white-space:pre-wrap}
.note{margin:6px 0;color:var(--mute);font-size:14px}
.timeline{margin:0}
.row{display:grid;grid-template-columns:250px minmax(0,1fr);column-gap:16px;align-items:center}
.row.curve{margin-bottom:14px;align-items:start}
.row-label{font-size:14px;line-height:1.35;min-width:0}.row-label small{color:var(--mute);font-size:12.5px}.row-label b{font-weight:620}
.row.curve .row-label>small:last-child{display:block;margin-top:4px}
.workload .row-label{display:flex;gap:8px;justify-content:space-between;align-items:baseline}.workload-name,.workload-name small{overflow:hidden;text-overflow:ellipsis;white-space:nowrap;min-width:0}.workload-name small{display:block;line-height:1.25}.workload .count{font-weight:620;color:var(--kill)}
.key{display:flex;align-items:center;gap:7px;font-size:13px;color:var(--mute)}
.plot{position:relative}.plot svg{display:block;width:100%;height:100%;overflow:visible}
.plot path,.plot rect{vector-effect:non-scaling-stroke}
.tick-y{position:absolute;right:2px;transform:translateY(-100%);padding:0 3px;font-size:11.5px;line-height:1.3;color:var(--mute);background:color-mix(in srgb,var(--ground) 72%,transparent);border-radius:2px}.tick-y.below{transform:none}
.axis .plot{height:24px}.ticks span{position:absolute;top:4px;transform:translateX(-50%);font-size:12px;color:var(--mute);white-space:nowrap}.axis .row-label{text-align:right}
path{fill:none}.grid{stroke:var(--line);stroke-width:1}.base{stroke:var(--line);stroke-width:1}.band{fill:var(--band)}
.warned{stroke:var(--warn);stroke-width:1.5;stroke-dasharray:4 3}.not-ready{stroke:var(--kill);stroke-width:1.5;stroke-dasharray:1 3}
path.available{fill:var(--memory);opacity:.75}path.headroom{stroke:var(--headroom);stroke-width:1.75;stroke-linejoin:round}
path.memory-full{stroke:var(--full);stroke-width:1.75;stroke-linejoin:round}path.io-full{stroke:var(--io);stroke-width:1.5;stroke-dasharray:5 2;stroke-linejoin:round}path.load{stroke:var(--load);stroke-width:1.5}
.life{stroke:var(--life);stroke-width:9}.kill{stroke:var(--kill);stroke-width:2.5}.kill.own,.kill.slice{stroke:var(--own)}
.said{stroke-width:4;stroke:var(--mute)}.said.critical{stroke:var(--kill)}.said.warning{stroke:var(--warn)}.said.info{stroke:var(--info)}.said.over{stroke:var(--ok)}
.legend{display:flex;flex-wrap:wrap;gap:4px 20px;margin:10px 0 0;padding:0;list-style:none;font-size:13px;color:var(--mute)}.legend li{display:flex;align-items:center;gap:7px}
.swatch{display:inline-block;flex:none;width:18px;height:0;border-top:2px solid var(--mute)}
.swatch.available,.swatch.band{height:11px;border:0;background:var(--memory)}.swatch.band{background:var(--band);border:1px solid var(--line)}.swatch.headroom{border-color:var(--headroom)}.swatch.memory-full{border-color:var(--full)}.swatch.io-full{border-top:2px dashed var(--io)}.swatch.warned{border-top:2px dashed var(--warn)}.swatch.not-ready{border-top:2px dotted var(--kill)}.swatch.life{border-top:9px solid var(--life)}
.swatch.kill{width:0;height:16px;border:0;border-left:2.5px solid var(--kill)}.swatch.kill.own{height:8px;border-color:var(--own)}.swatch.kill.slice{height:12px;border-color:var(--own)}
details{margin-top:16px}summary{cursor:pointer;font-size:14px;color:var(--info)}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:14px;line-height:1.4}th,td{padding:7px 14px 7px 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--line);font-weight:400}thead th{color:var(--mute);font-size:13px;white-space:nowrap}.num{text-align:right;white-space:nowrap}td,tbody th{overflow-wrap:break-word}.num,.when{min-width:4.5em}tbody th,.wide td:nth-child(3){min-width:11em}.when{white-space:nowrap}
tr:last-child>*{border-bottom:0}.wide td:last-child{min-width:16em}.wide td:nth-child(2){white-space:nowrap}td small{color:var(--mute)}.tables h3{margin:20px 0 4px}
.bar{display:block;margin-top:3px;height:5px;background:var(--soft);border-radius:2px}.bar i{display:block;height:5px;border-radius:2px;background:var(--headroom)}
.columns{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,400px),1fr));gap:8px 40px}
.rows{margin:12px 0 0}.rows div{display:grid;grid-template-columns:170px minmax(0,1fr);gap:4px 16px;padding:3px 0;font-size:15px}.rows dt{color:var(--mute)}.rows dd{margin:0}
.died{color:var(--kill);font-weight:620}
.causes{margin:0;padding:0;list-style:none}.causes>li{padding:16px 0;border-top:1px solid var(--line)}.causes>li:last-child{border-bottom:1px solid var(--line)}.causes .code{margin:4px 0 0;font-size:12.5px;color:var(--mute)}
.loop{display:grid;grid-template-columns:240px minmax(0,1fr);gap:32px;align-items:center;margin:0 0 24px}.loop svg{width:100%;max-width:240px;height:auto}
.loop ol{margin:8px 0 14px;padding:0;list-style:none}.loop li{display:grid;grid-template-columns:22px minmax(0,1fr);padding:2px 0}.loop li b{font-weight:560}.loop li span{grid-column:2;color:var(--mute);font-size:14px}.loop p{margin:6px 0}
.loop .gap{stroke:var(--mute);stroke-width:2;stroke-dasharray:2 5;stroke-linecap:round}.loop .fill{fill:var(--headroom);opacity:.8}.loop .birth{fill:var(--ground);stroke:var(--ok);stroke-width:3}.loop .death{stroke:var(--kill);stroke-width:4;stroke-linecap:round}
.loop text{fill:var(--ink);text-anchor:middle;font-weight:640}.loop .big{font-size:44px;letter-spacing:-.02em}.loop .under{font-size:14px;font-weight:400;fill:var(--mute)}
.step{display:inline-block;width:12px;height:12px;margin-top:6px;border-radius:50%}.step.death{border-radius:0;background:linear-gradient(45deg,transparent 42%,var(--kill) 42% 58%,transparent 58%),linear-gradient(-45deg,transparent 42%,var(--kill) 42% 58%,transparent 58%)}.step.birth{border:3px solid var(--ok)}.step.fill{border-radius:2px;background:var(--headroom)}
pre{max-height:70vh;overflow:auto;padding:14px 16px;background:var(--soft);border-radius:4px;font-size:12.5px;line-height:1.5;white-space:pre-wrap}
footer,.foot{margin-top:64px;padding-top:16px;border-top:1px solid var(--line);font-size:13px;color:var(--mute)}footer ul,.foot ul{margin:0 0 8px;padding-left:1.2em}
@media (max-width:720px){body{padding:24px 16px 48px}h1{font-size:27px}.lead{font-size:17.5px}section,aside{margin-top:38px}.facts{grid-template-columns:1fr 1fr}.facts b{font-size:22px}.row,.row.curve{grid-template-columns:minmax(0,1fr);row-gap:2px}.row.curve .row-label{display:flex;flex-wrap:wrap;gap:0 12px;align-items:center}.row.curve .row-label>small:last-child{margin:0}.row.workload{margin-top:6px}.axis .row-label{display:none}.ticks .odd{display:none}.actions{padding:16px}.rows div{grid-template-columns:minmax(0,1fr);gap:0;padding:5px 0}.loop{grid-template-columns:minmax(0,1fr);gap:12px}.loop svg{max-width:200px}}
@media print{body{max-width:none;padding:0;font-size:11pt}section,aside{margin-top:24pt}.loop,.row,.facts,.causes>li,tr{break-inside:avoid}h2,h3{break-after:avoid}details:not([open]),section:has(>h2+details:last-child:not([open])),.skip{display:none}.scroll{overflow:visible}tbody th,.wide td:nth-child(3),.wide td:last-child{overflow-wrap:anywhere}}
`
