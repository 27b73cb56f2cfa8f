/** A rule's step inside a model's: what the rule remembers lies behind the model's own state, and is as durable. Imports models, rules. */
import type { Aggregate, Model, ModelState } from "./models/model.ts";
import { sizeOf } from "./models/model.ts";
import type { Rule, RuleLayout } from "./rules/rule.ts";

/**
 * The state after the groups' sums.
 * @param groups [size of the contribution spec] each; at least one
 * @param noiseStddev of every entry of the one sum, where it was noised
 */
export function advanceByRule(
  { model, rule }: { readonly model: Model; readonly rule: Rule },
  current: ModelState,
  groups: readonly Aggregate[],
  noiseStddev: number | undefined,
): ModelState {
  const own = sizeOf(model.parameters.state);
  const { state } = current;
  const { values, count, memory } = rule.step(groups, state.length > own ? state.subarray(own) : undefined);
  const before = state.length > own ? { ...current, state: state.subarray(0, own) } : current;
  const next = model.advance(before, { values, count, ...(noiseStddev === undefined ? {} : { noiseStddev }) });
  if (memory === undefined) return next;
  const joined = new Float64Array(own + memory.length);
  joined.set(next.state);
  joined.set(memory, own);
  return { ...next, state: joined };
}

/** The sum over all groups: of what no rule is for. */
export function sumOf(groups: readonly Aggregate[]): Aggregate {
  if (groups.length === 1) return groups[0]!;
  const values = groups[0]!.values.slice();
  let count = groups[0]!.count;
  for (const group of groups.slice(1)) {
    for (let i = 0; i < values.length; i++) values[i] = values[i]! + group.values[i]!;
    count += group.count;
  }
  return { values, count };
}

/** The rows that a model's contributions are made of. */
export function layoutOf({ parameters }: Model): RuleLayout {
  let offset = 0;
  return parameters.contribution.map(({ shape }) => {
    const size = shape.reduce((product, extent) => product * extent, 1);
    const rows = shape.length > 1 ? (shape[0] ?? 1) : size;
    const block = { offset, rows, width: rows === 0 ? 0 : size / rows };
    offset += size;
    return block;
  });
}
