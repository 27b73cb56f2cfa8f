/** What recommendations that compare items need of a model. Imports shared. */
import { CofactorError } from "../shared/errors.ts";
import type { ItemVectors, Model } from "../shared/models/model.ts";

/**
 * The vectors of a model's items.
 *
 * @param option which option asks for them
 * @throws CofactorError CONFIG_INVALID when the model has none, or serves people by what their device trained, which knows one taste
 */
export function requireVectors(model: Model, shared: unknown, option: "diversity" | "interests"): ItemVectors {
  const vectors = model.itemVectors?.(shared);
  if (vectors === undefined) {
    throw new CofactorError("CONFIG_INVALID", `"${option}" expected a model whose items have vectors, "${model.kind}" has none`);
  }
  if (option === "interests" && model.isJudgedAsTrained === true) {
    throw new CofactorError(
      "CONFIG_INVALID",
      `"interests" expected a model that is fitted anew, "${model.kind}" serves by what it trained`,
    );
  }
  return vectors;
}
