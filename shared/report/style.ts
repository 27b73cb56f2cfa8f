/** The page's style and its few lines of script. Imports nothing. */

/** Light and dark by the reader's system; narrow figures where there is little room. */
export const style = `
:root {
  color-scheme: light dark;
  --paper: #fff; --ink: #1c2024; --muted: #5b636b; --line: #dde1e5; --panel: #f5f7f9; --link: #0a58b0;
  --good: #1a6b33; --bad: #a61b26; --bad-paper: #fdecec;
  --c1: #0b62c4; --c2: #b0500a; --c3: #1d7a3a; --c4: #7d45c9;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171a; --ink: #e6e9ec; --muted: #a3abb3; --line: #343a40; --panel: #1e2226; --link: #7ab8ff;
    --good: #6fd08c; --bad: #ff9a9a; --bad-paper: #3a1d20;
    --c1: #6ab3ff; --c2: #f2a35e; --c3: #66d488; --c4: #c6a0ff;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main, header, footer { max-width: 60rem; margin: 0 auto; padding: 0 1rem; }
header { padding-top: 1.5rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .5rem; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; margin: 2.5rem 0 .75rem; padding-top: .75rem; border-top: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.75rem 0 .5rem; }
p, li, dd { overflow-wrap: anywhere; }
a { color: var(--link); }
a:focus-visible, button:focus-visible, summary:focus-visible, .scroll:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1rem; list-style: none; padding: 0; margin: 1rem 0 0; }
nav a { display: inline-block; padding: .2rem 0; }
.alarm { background: var(--bad-paper); color: var(--bad); border: 2px solid currentColor; border-radius: .4rem; padding: .6rem .8rem; margin: 1rem 0; font-weight: 600; }
.verdict { list-style: none; padding: 0; margin: 1rem 0; }
.verdict li { background: var(--panel); border-left: 4px solid var(--muted); border-radius: .25rem; padding: .5rem .8rem; margin: .5rem 0; }
.verdict .good { border-color: var(--good); }
.verdict .bad { border-color: var(--bad); }
.note { display: block; color: var(--muted); font-size: .875rem; }
figure { margin: 1.25rem 0; container-type: inline-size; }
.legend { display: flex; flex-wrap: wrap; gap: .1rem 1.1rem; list-style: none; margin: .35rem 0 0; padding: 0; font-size: .875rem; }
.legend svg { margin-right: .4rem; vertical-align: -1px; overflow: visible; fill: none; }
.plot svg { width: 100%; height: auto; }
.plot .wide { display: none; }
.plot .narrow { display: block; }
@container (min-width: 560px) {
  .plot .wide { display: block; }
  .plot .narrow { display: none; }
}
@media (min-width: 62rem) {
  .pair { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 0 1.5rem; align-items: end; }
}
.table { position: relative; margin: 1.25rem 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; min-width: 100%; }
caption { text-align: left; padding: 0 5rem .4rem 0; }
caption span { position: sticky; left: 0; display: inline-block; max-width: calc(100vw - 7.5rem); font-weight: 600; }
td { white-space: nowrap; }
th, td { padding: .35rem .6rem; border-bottom: 1px solid var(--line); text-align: right; vertical-align: top; }
thead th { border-bottom: 2px solid var(--muted); vertical-align: bottom; }
tbody th, .words { text-align: left; }
tbody th { font-weight: 500; }
tbody .words { min-width: 7rem; }
td.words { white-space: normal; }
button.copy { position: absolute; right: 0; top: 0; z-index: 1; font: inherit; font-size: .8rem; color: var(--ink); background: var(--panel); border: 1px solid var(--muted); border-radius: .3rem; padding: .15rem .6rem; min-width: 4.5rem; cursor: pointer; }
.code { position: relative; margin: 1.25rem 0; }
.code p { margin: 0 5rem .4rem 0; font-weight: 600; font-size: .9rem; }
pre { background: var(--panel); border-radius: .3rem; padding: .7rem .9rem; margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; font: .85rem/1.45 ui-monospace, monospace; }
dl { display: grid; grid-template-columns: minmax(7rem, max-content) minmax(0, 1fr); gap: .3rem 1rem; }
dt { color: var(--muted); }
dd { margin: 0; }
summary { cursor: pointer; font-weight: 600; padding: .4rem 0; }
footer { color: var(--muted); font-size: .875rem; padding-top: 2rem; padding-bottom: 2rem; }
.quiet { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media print {
  nav, button.copy { display: none; }
  details > * { content-visibility: visible; }
}
`;

/** Copies a table, cells parted by tabs, or a block of code; tells it to screen readers too. Without script the buttons stay hidden. */
export const script = `
const told = document.getElementById("told");
const textOf = (node) => node.tagName !== "TABLE" ? node.textContent
  : [...node.rows].map((row) => [...row.cells].map((cell) => cell.textContent.trim()).join("\\t")).join("\\n");
const copyText = async (text) => {
  try { await navigator.clipboard.writeText(text); return true; } catch {}
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  try { return document.execCommand("copy"); } finally { area.remove(); }
};
for (const button of document.querySelectorAll("button.copy")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const word = await copyText(textOf(document.getElementById(button.dataset.copy))) ? "Copied" : "Failed";
    button.focus();
    button.textContent = told.textContent = word;
    setTimeout(() => { button.textContent = "Copy"; told.textContent = ""; }, 2000);
  });
}
`;
