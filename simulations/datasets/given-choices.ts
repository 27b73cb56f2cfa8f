/** Choices of published graph recommenders' data, one line a person, in files of a given split: the parts of a loader. Imports adjacency.ts. */
import * as v from "valibot";
import { adjacency } from "./adjacency.ts";
import type { DatasetDefinition } from "./dataset.ts";
import { pathOption } from "./section.ts";

/** Options of such a loader. */
export interface GivenChoicesOptions {
  readonly name: string;
  /** The folder of train.txt, valid.txt and test.txt, plain or .gz. */
  readonly path: string;
}

/** A loader for one of them, by what is known of it. */
export function givenChoices(
  facts: Pick<DatasetDefinition, "name" | "summary" | "source" | "licence"> & { readonly aliases?: readonly string[] },
): DatasetDefinition<GivenChoicesOptions> {
  return {
    ...facts,
    bundled: false,
    usage: `dataset: { name: ${facts.name}, path: FOLDER with train.txt, valid.txt, test.txt }`,
    options: v.strictObject({
      name: v.literal(facts.name),
      path: pathOption(`expected the folder of ${facts.name}: train.txt, valid.txt and test.txt (plain or .gz), from ${facts.source}`),
    }),
    async load({ name, path }) {
      const files = { train: "train.txt", valid: "valid.txt", test: "test.txt" };
      return { ...(await adjacency.load({ name: "adjacency", path, ...files, duplicates: "error" })), name };
    },
  };
}
