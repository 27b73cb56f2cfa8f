/**
 * A run whose model only adds: what is published is the sum of everything that was ever counted, so that an exact sum shows who was
 * counted how often. Device d contributes 1 at entry d; entry `size - 1` is free for other values.
 */

import { defineRun } from "../../shared/define-run.ts";
import type { Model, ModelState } from "../../shared/models/model.ts";
import { PrivatePart } from "../../shared/models/private-part.ts";
import type { Run } from "../../shared/run.ts";
import { all } from "../../shared/sharing/all.ts";
import type { TermsInput } from "../../shared/terms.ts";

/** A run over `size` entries that sums contributions under `open`. */
export function countingRun(size: number, terms: Partial<TermsInput> = {}): Run {
  const base = defineRun({
    id: "counting",
    items: size,
    rounds: 3,
    cohort: { size: 3, min: 2 },
    deadline: { stageMs: 10_000, graceMs: 200 },
    model: { kind: "fcf" },
    protection: { kind: "open" },
    ...terms,
  });
  const model = countingModel(size);
  const sharing = all.create({ kind: "all" }, { items: size, contribution: model.parameters.contribution, label: base.terms.id });
  return { ...base, model, sharing, contributionSize: size, sharedSize: size };
}

/** Device `index`'s contribution: 1 at its own entry. */
export function contributionOf(size: number, index: number): Float64Array {
  const values = new Float64Array(size);
  values[index] = 1;
  return values;
}

const nothing = new PrivatePart(new Float64Array(0));

function countingModel(size: number): Model {
  const spec = [{ name: "counts", shape: [size] }];
  return {
    kind: "counting",
    objective: "rating",
    parameters: { shared: spec, contribution: spec, state: [{ name: "contributors", shape: [1] }] },
    initialize: (): ModelState => ({ shared: new Float64Array(size), state: new Float64Array(1), round: 0 }),
    open: (shared) => shared,
    createPrivate: () => nothing,
    fit: () => nothing,
    contribute: () => ({ weight: 1, private: nothing }),
    advance: (current, aggregate) => ({
      shared: current.shared.map((value, index) => value + aggregate.values[index]!),
      state: Float64Array.of(current.state[0]! + aggregate.count),
      round: current.round + 1,
    }),
    score: () => undefined,
  };
}
