/** The values of the items' public features, for models whose `initialize` publishes what follows from them. Imports errors, model.ts. */
import { CofactorError } from "../errors.ts";
import type { ItemFeatures, ModelShape } from "./model.ts";

/** The features where the run has any. @throws CofactorError CONFIG_INVALID when it has, and whoever initializes does not know their values */
export function knownFeatures({ items, itemFeatures }: ModelShape): ItemFeatures | undefined {
  const { count, values } = itemFeatures ?? { count: 0, values: undefined };
  if (count === 0) return undefined;
  if (values?.length === items * count) return { count, values };
  const expected = `${count} values for each of ${items} items, as the terms say`;
  throw new CofactorError(
    "CONFIG_INVALID",
    `"itemFeatures" expected ${expected}, got ${values === undefined ? "none" : values.length}: whoever starts the run gives them to defineRun, or to serve as --item-features`,
    { details: { count, items } },
  );
}
