// The style sheet of the page: quiet, light or dark as the reader's system is, light on paper. No font, no image,
// nothing from elsewhere.

import { renderDarkRules } from "../charts/palette.ts";

/** As custom properties, so that dark and paper replace colours and nothing else. */
const light = `--ink:#1c2128;--muted:#59616b;--line:#d9dde2;--ground:#f5f6f8;--card:#fefefe;--better:#00706b;--worse:#b32f06;--unclear:#59616b`;
const dark = `--ink:#e8eaed;--muted:#a9b1bb;--line:#333a43;--ground:#0c0e11;--card:#15181d;--better:#3fe0b8;--worse:#ff9a3c;--unclear:#a9b1bb`;

/** Its digest stands in the page's policy: one changed byte there and the page has no style at all. */
export const pageStyle = `
:root{color-scheme:light dark;${light}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.55 system-ui,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main{max-width:66rem;margin:0 auto;padding:2.5rem 1.25rem 4rem}
h1{font-size:2rem;line-height:1.2;margin:0 0 .5rem;letter-spacing:-.01em}
h2{font-size:1.25rem;line-height:1.3;margin:0 0 .75rem}
h3{font-size:1rem;margin:1.5rem 0 .5rem}
p{margin:.5rem 0;max-width:52rem}
bdi,dd,pre,p,summary{overflow-wrap:anywhere}
.lede{font-size:1.1rem;color:var(--ink)}
.note{color:var(--muted);font-size:.9rem}
section{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:1.4rem 1.5rem;margin:1.25rem 0}
.wide{overflow-x:auto;margin:0 -.5rem;padding:0 .5rem}
table{border-collapse:collapse;width:100%;font-size:.93rem;font-variant-numeric:tabular-nums}
th,td{text-align:left;vertical-align:top;padding:.45rem .8rem .45rem 0;border-bottom:1px solid var(--line)}
thead th{color:var(--muted);font-weight:500;font-size:.85rem;border-bottom-width:2px;vertical-align:bottom}
tbody th{font-weight:600;min-width:8.5rem}
.story thead th{max-width:9rem}
thead bdi,.number bdi{overflow-wrap:normal}
tr:last-child>td,tr:last-child>th{border-bottom:0}
.number{white-space:nowrap;overflow-wrap:normal}
.range{color:var(--muted);font-size:.86rem;white-space:nowrap;overflow-wrap:normal}
.bar{display:block;width:100%;min-width:5rem;max-width:9rem;height:.7rem;margin:.3rem 0 .15rem}
.key{vertical-align:-1px;margin-right:.45rem}
.verdict{font-weight:600;white-space:nowrap;overflow-wrap:normal}
.better{color:var(--better)}.worse{color:var(--worse)}.unclear,.higher,.lower{color:var(--unclear)}
.figure{margin:1.25rem 0 0;overflow-x:auto}
.figure svg{display:block;width:100%;max-width:60rem;min-width:36rem;height:auto}
details{margin:.75rem 0}
details>summary{cursor:pointer;padding:.25rem 0;color:var(--ink)}
details>summary:hover{text-decoration:underline}
.example{border-top:1px solid var(--line);margin:0;padding:.35rem 0}
.example .texts td{min-width:9rem;font-size:.9rem}
.example .texts tbody th{min-width:8rem}
.text{white-space:pre-wrap;unicode-bidi:isolate}
.article{border-left:3px solid var(--line);padding-left:.8rem;margin:.5rem 0;color:var(--muted);font-size:.92rem}
dl{display:grid;grid-template-columns:minmax(8rem,max-content) 1fr;gap:.35rem 1.25rem;margin:0;font-size:.93rem}
dt{color:var(--muted)}dd{margin:0}
pre{white-space:pre-wrap;font:.85rem/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;background:var(--ground);border-radius:6px;padding:1rem;margin:.75rem 0 0}
a{color:inherit}
@media (max-width:40rem){main{padding:1.25rem .6rem}section{padding:1rem .9rem}h1{font-size:1.6rem}dl{grid-template-columns:1fr}dd{margin-bottom:.5rem}}
@media (prefers-color-scheme:dark){:root{${dark}}}
@media screen and (prefers-color-scheme:dark){${renderDarkRules("svg")}}
@media print{
:root{color-scheme:light;${light}}
body{background:#fff;font-size:10.5pt}main{max-width:none;padding:0}
section{border:0;padding:0;margin:0 0 1.2rem;border-radius:0}
.figure,tr,.example{break-inside:avoid}h2,h3{break-after:avoid}.figure svg{min-width:0}
details::details-content{content-visibility:visible;height:auto}
}
`;
