/** Quality by what people said of themselves, as tables. Imports html, table. */
import { type DeclaredFigures, leastGroup } from "../declared-groups.ts";
import { type Html, html } from "./html.ts";
import { formatCount, formatFigure } from "./numbers.ts";
import { table } from "./table.ts";

/** A table for each attribute; nothing where the data tells of none. */
export function declaredTables(declared: readonly DeclaredFigures[], mark: string): Html | undefined {
  if (declared.length === 0) return undefined;
  return html`<h3>By what people said of themselves</h3>
<p class="note">Figures of fewer than ${leastGroup} judged people are withheld, and one more where the total would tell them. A gap of 5 % by chance or less
is rarely chance, but of many questions some come out so.</p>
${declared.map((figures, at) => declaredTable(figures, at, mark))}`;
}

function declaredTable({ attribute, groups, gap }: DeclaredFigures, at: number, mark: string): Html {
  const known = groups.find(({ metrics }) => metrics !== undefined);
  const metrics = Object.keys(known?.metrics ?? {});
  const [first] = metrics;
  const names = first === undefined ? [] : Object.keys(known?.baselines ?? {});
  const told =
    gap === undefined
      ? ""
      : `; the widest gap in ${gap.metric} is ${formatFigure(gap.value)}, as wide by chance in ${(100 * gap.chance).toFixed(1)} % of random divisions`;
  return table({
    id: `by-declared-${at + 1}`,
    caption: `On test, by ${attribute}${told}${mark}`,
    columns: [attribute, "people", "judged", "held out", ...metrics, ...names.map((name) => `${first}, ${name}`)],
    rows: groups.map((group) => [
      group.value ?? "no answer",
      ...[group.size, group.users, group.heldOut].map(formatCount),
      ...metrics.map((metric) => (group.metrics === undefined ? "withheld" : formatFigure(group.metrics[metric]))),
      ...names.map((name) => (group.metrics === undefined ? "withheld" : formatFigure(group.baselines?.[name]?.[first!]))),
    ]),
  });
}
