/** Terms with a promise of privacy made ready: the noise is calibrated before anyone signs them. Imports run, terms; the accountants when needed. */
import { loadModels } from "./models/lazy.ts";
import { protections } from "./protections/index.ts";
import { resolveSection } from "./registry.ts";
import { assertScattered, guardSettingOf, openRun, type Run, type RunExtras, shapeOf, sharingOf, withItemFeatures } from "./run.ts";
import { loadSharings } from "./sharing/lazy.ts";
import type { SharingDefinition } from "./sharing/sharing.ts";
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
  const sharings = await loadSharings(written.sharing.kind);
  const terms = { ...written, sharing: await plannedSharing(written, sharings, extras) };
  if (terms.privacy === undefined) return openRun(terms, extras);
  const { planPrivacy } = await import("./privacy/plan.ts");
  const models = await loadModels(terms.model.kind);
  const model = resolveSection(models, terms.model, "terms.model");
  const protection = resolveSection(protections, terms.protection, "terms.protection");
  const support = terms.evaluation === undefined ? {} : { evaluation: (await import("./evaluation/support.ts")).evaluationSupport };
  const built = model.definition.create(model.options, shapeOf(terms, extras));
  const sharing = sharingOf(terms, sharings, built, { ...extras, ...support });
  const protects = protection.definition.create(protection.options);
  if (sharing.scattered !== undefined) assertScattered(sharing.kind, protects, terms.privacy);
  const privacy = planPrivacy(terms.privacy, guardSettingOf(terms, sharing, protects));
  return openRun({ ...terms, privacy }, extras);
}

/** The policy's section with what its maker alone can fill in. */
async function plannedSharing(
  { items, sharing }: UnresolvedTerms,
  sharings: readonly SharingDefinition[],
  { itemFeatures }: RunExtras,
): Promise<Section> {
  const { definition, options } = resolveSection(sharings, sharing, "terms.sharing");
  return { ...((await definition.plan?.(options, items, itemFeatures)) ?? options) };
}

/** The setting that a run's promise is judged in. */
export function privacySettingOf(run: Run): ReturnType<typeof guardSettingOf> {
  return guardSettingOf(run.terms, run.sharing, run.protection);
}
