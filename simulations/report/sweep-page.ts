/** A sweep as one page that needs nothing else. Imports the sections, shell. */
import { stringify } from "yaml";
import { html } from "../../shared/report/html.ts";
import { loadDraw } from "../../shared/report/load-draw.ts";
import { formatCount } from "../../shared/report/numbers.ts";
import type { Section } from "../../shared/report/section.ts";
import { code, renderPage } from "../../shared/report/shell.node.ts";
import type { SweepResult } from "../sweep/summary.ts";
import { chosenSection, keysSection, settingsSection } from "./sweep.ts";
import { leakWarning } from "./terminal.ts";

/**
 * The page's text; every value is escaped, as in a result's page.
 * @param command what runs the scenario without the grid
 */
export async function renderSweep(sweep: SweepResult, command: string): Promise<string> {
  const draw = await loadDraw();
  const keys = keysSection(sweep);
  const sections: readonly Section[] = [
    chosenSection(sweep, command),
    ...(keys === undefined ? [] : [keys]),
    settingsSection(sweep),
    setupSection(sweep, command),
  ];
  const title = `${sweep.isLeaking ? "LEAKING: " : ""}Sweep over ${Object.keys(sweep.grid).join(", ") || "seeds"}`;
  return renderPage({ title, lead: lead(sweep), sections, version: sweep.version }, draw);
}

function lead({ settings, seeds, isComplete, isLeaking, notes }: SweepResult): ReturnType<typeof html> {
  const cells = settings.reduce((sum, setting) => sum + setting.cells.length, 0);
  const failed = settings.flatMap((setting) => setting.cells).filter(({ error }) => error !== undefined).length;
  const all = settings.length * seeds.length;
  return html`<p>${formatCount(settings.length)} settings with ${formatCount(seeds.length)} ${seeds.length === 1 ? "seed" : "seeds"} each: ${formatCount(all)} simulations.</p>
${isLeaking ? html`<p class="alarm" role="note">${leakWarning}</p>\n` : undefined}${
  isComplete
    ? undefined
    : html`<p class="alarm" role="note">INTERRUPTED after ${cells} of ${all} simulations: what is missing was not chosen among.</p>\n`
}${failed === 0 ? undefined : html`<p class="alarm" role="note">${failed} simulations failed: see the remarks.</p>\n`}${notes.map((note) => html`<p class="note">${note}</p>\n`)}`;
}

function setupSection({ grid, seeds, choose, chosen }: SweepResult, command: string): Section {
  const per = choose.per.length === 0 ? {} : { per: choose.per };
  const written = { grid, seeds, choose: { ...(choose.metric === null ? {} : { metric: choose.metric }), ...per } };
  return {
    id: "setup",
    title: "How to repeat it",
    body: () => html`${code("command", "Command", `${command} --sweep grid.yaml`)}
${code("grid", "grid.yaml", stringify(written))}
${chosen[0] === undefined ? undefined : code("scenario", "Scenario of the first chosen setting, resolved", stringify(chosen[0].scenario))}`,
  };
}
