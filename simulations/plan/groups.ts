/** What a cohort in groups costs and buys: each group is a cohort of its own to a protection. Imports shared, pricing. */
import { CofactorError } from "../../shared/errors.ts";
import { type GroupPrice, priceOf } from "../../shared/groups.ts";
import { resolveSection } from "../../shared/registry.ts";
import { loadRules } from "../../shared/rules/lazy.ts";
import type { Job, Price, Times } from "./pricing.ts";

/** The whole cohort's price, from one group's: devices pay for their group, aggregator and keyholders for all of them. */
export function priceOfAll({ sizes, promises }: Price, { groups }: Job): Price {
  if (groups === 1) return { sizes, promises };
  const floor = `${promises.floor}, in each of ${groups} groups`;
  const sees = promises.sees.replace("one sum a round", `${groups} sums a round, one a group`);
  return {
    sizes: { ...sizes, store: groups * sizes.store, keyholders: groups * sizes.keyholders },
    promises: { ...promises, floor, sees },
  };
}

/** The same of times. */
export function timesOfAll(times: Times, { groups }: Job): Times {
  return { ...times, server: groups * times.server, keyholder: groups * times.keyholder };
}

/**
 * What a rule with its default options makes of the job's groups; undefined for a cohort that is not split.
 * @throws CofactorError CONFIG_INVALID for an unknown rule, or fewer groups than it asks for, with the nearest sound choice
 */
export async function groupPriceOf(job: Job, kind: string): Promise<GroupPrice | undefined> {
  const { groups, clients, min } = job;
  if (groups === 1) return undefined;
  const { definition, options } = resolveSection(await loadRules(kind), { kind }, "--rule");
  const rule = definition.create(options, [{ offset: 0, rows: job.values, width: 1 }]);
  if (groups < rule.least) {
    throw new CofactorError(
      "CONFIG_INVALID",
      `"--groups" expected at least ${rule.least} for the rule ${kind}, got ${groups}; nearest: ${rule.least}`,
    );
  }
  return priceOf({ most: groups, least: rule.least, minDevices: min }, groups * clients, rule, false);
}
