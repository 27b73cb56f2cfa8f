/** Everything that can be named by `kind`, seam by seam, with where it comes from. Imports the indexes of all seams, each when it is asked for. */
import * as v from "valibot";
import { CofactorError } from "../shared/errors.ts";
import { nearest } from "../shared/registry.ts";

/** What a part of any seam says of itself. */
export interface Listed {
  readonly kind: string;
  readonly summary: string;
  readonly source: string;
  readonly options?: v.GenericSchema;
}

/** A seam: where its parts are named, and which there are. */
export interface Seam {
  readonly name: string;
  /** The path in terms, a scenario or the settings of a server under which a part is named. */
  readonly path: string;
  load(): Promise<readonly Listed[]>;
}

/** A part as it is listed: its options with their defaults, `undefined` where there is none. */
export interface KindRow extends Omit<Listed, "options"> {
  readonly seam: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** Every seam, in the order of a contribution's path. A new one is a line here. */
export const seams: readonly Seam[] = [
  { name: "models", path: "model", load: async () => (await import("../shared/models/index.ts")).models },
  { name: "optimizers", path: "model.optimizer", load: async () => (await import("../shared/math/optimizers/index.ts")).optimizers },
  { name: "sharing", path: "sharing", load: async () => (await import("../shared/sharing/index.ts")).sharings },
  { name: "clips", path: "privacy.clip", load: async () => (await import("../shared/privacy/clips/index.ts")).clips },
  { name: "mechanisms", path: "privacy.mechanism", load: async () => (await import("../shared/privacy/mechanisms/index.ts")).mechanisms },
  {
    name: "factorizations",
    path: "privacy.mechanism.factorization",
    load: async () => (await import("../shared/privacy/matrix/index.ts")).factorizations,
  },
  { name: "accountants", path: "", load: async () => (await import("../shared/privacy/accountants/index.ts")).accountants },
  { name: "protections", path: "protection", load: async () => (await import("../shared/protections/index.ts")).protections },
  { name: "rules", path: "aggregation", load: async () => (await import("../shared/rules/index.ts")).rules },
  { name: "hold-outs", path: "evaluation.holdOut", load: async () => (await import("../shared/evaluation/hold-outs/index.ts")).holdOuts },
  { name: "adversaries", path: "adversaries.0", load: async () => (await import("./adversaries/index.ts")).adversaries },
  { name: "attacks", path: "", load: async () => (await import("./attacks/index.ts")).attacks },
  { name: "enrolment", path: "enrolment", load: async () => (await import("../server/enrolment/index.ts")).enrolmentPolicies },
  { name: "reward-schemes", path: "rewards.scheme", load: async () => (await import("../shared/rewards/schemes/index.ts")).schemes },
  {
    name: "reward-divisions",
    path: "rewards.division",
    load: async () => (await import("../shared/rewards/divisions/index.ts")).divisions,
  },
  { name: "unlearning", path: "unlearning.method", load: async () => (await import("./unlearning/methods/index.ts")).methods },
  { name: "tasks", path: "task", load: async () => (await import("./peers/tasks/index.ts")).tasks },
  { name: "exchanges", path: "task.exchange", load: async () => (await import("./peers/exchanges/index.ts")).exchanges },
  { name: "priors", path: "task.prior", load: async () => (await import("../shared/peer/cooperation/index.ts")).priors },
  { name: "matrices", path: "task.matrix", load: async () => (await import("./matrices/index.ts")).matrices },
  { name: "topologies", path: "topology", load: async () => (await import("./topologies/index.ts")).topologies },
];

/**
 * The parts of one seam, or of all.
 * @throws CofactorError CONFIG_INVALID for an unknown seam, naming the nearest
 */
export async function listKinds(seam?: string): Promise<readonly KindRow[]> {
  const chosen = seam === undefined ? seams : seams.filter(({ name }) => name === seam);
  if (chosen.length === 0) {
    const names = seams.map(({ name }) => name);
    const hint = nearest(seam!, names);
    const suffix = hint === undefined ? "" : `; did you mean "${hint}"?`;
    throw new CofactorError("CONFIG_INVALID", `the seam expected one of ${names.join(", ")}, got "${seam}"${suffix}`);
  }
  const lists = await Promise.all(chosen.map(async ({ name, load }) => (await load()).map((part) => rowOf(name, part))));
  return lists.flat();
}

function rowOf(seam: string, { kind, summary, source, options }: Listed): KindRow {
  return { seam, kind, summary, source, options: options === undefined ? {} : defaultsOf(options) };
}

/** Defaults as an empty section would get them; without those, what stands in the schema itself. */
function defaultsOf(schema: v.GenericSchema): Record<string, unknown> {
  const { kind: _kind, ...options } = (v.getDefaults(schema as never) ?? {}) as Record<string, unknown>;
  return options;
}
