/** Terms with a promise of privacy made ready: the noise is calibrated before anyone signs them. Imports run, terms; the accountants when needed. */
import { resolveSection } from "./registry.ts";
import { assertScattered, guardSettingOf, openRun, type Run, sharingOf } from "./run.ts";
import { loadParts, type RunExtras, shapeOf, withItemFeatures } from "./run-parts.ts";
import { loadSharings } from "./sharing/lazy.ts";
import { parseTerms, type Section, type UnresolvedTerms } from "./terms.ts";

/**
 * As `defineRun`, but a privacy section may leave its noise to be calibrated.
 *
 * Guarantees: the same input gives the same terms; a noise that is there already is kept when it keeps the promise, and refused when not.
 *
 * @throws CofactorError CONFIG_INVALID naming the field, what was expected, and the nearest sound choice
 */
export async function planRun(input: unknown, extras: RunExtras = {}): Promise<Run> {
  const written = withItemFeatures(parseTerms(input), extras);
  const terms = { ...written, sharing: await plannedSharing(written, extras) };
  if (terms.privacy === undefined) return openRun(terms, extras);
  const { planPrivacy } = await import("./privacy/plan.ts");
  const parts = await loadParts(terms);
  const model = resolveSection(parts.models, terms.model, "terms.model");
  const protection = resolveSection(parts.protections, terms.protection, "terms.protection");
  const support = terms.evaluation === undefined ? {} : { evaluation: (await import("./evaluation/support.ts")).evaluationSupport };
  const built = model.definition.create(model.options, shapeOf(terms, extras));
  const sharing = sharingOf(terms, built, parts, { ...extras, ...support });
  const protects = protection.definition.create(protection.options);
  if (sharing.scattered !== undefined) assertScattered(sharing.kind, protects, terms.privacy);
  const privacy = planPrivacy(terms.privacy, guardSettingOf(terms, sharing, protects));
  return openRun({ ...terms, privacy }, extras);
}

/** The policy's section with what its maker alone can fill in. */
async function plannedSharing({ items, sharing }: UnresolvedTerms, { itemFeatures }: RunExtras): Promise<Section> {
  const { definition, options } = resolveSection(await loadSharings(sharing.kind), sharing, "terms.sharing");
  return { ...((await definition.plan?.(options, items, itemFeatures)) ?? options) };
}

/** The setting that a run's promise is judged in. */
export function privacySettingOf(run: Run): ReturnType<typeof guardSettingOf> {
  return guardSettingOf(run.terms, run.sharing, run.protection);
}
