/** Every protection of the index passes the one suite. */
import { expect, it } from "vitest";
import { protections } from "../../shared/protections/index.ts";
import { nodeKeyholderTools } from "../../shared/protections/keyholder-tools.node.ts";
import { localOpener } from "../../shared/protections/local-opener.ts";
import { resolveSection } from "../../shared/registry.ts";
import { protectionSections } from "../support/protection-sections.ts";
import { describeProtection } from "./protection.ts";

for (const [name, { section, secrets, ...proved }] of Object.entries(protectionSections)) {
  const { definition, options } = resolveSection(protections, section, "protection");
  const keyholders = await Promise.all(secrets.map((secret) => definition.createKeyholder!(options, secret, nodeKeyholderTools)));
  describeProtection(name, { protection: definition.create(options), opener: localOpener(keyholders), ...proved });
}

it("covers every protection of the index", () => {
  expect(new Set(Object.values(protectionSections).map(({ section }) => section.kind))).toEqual(
    new Set(protections.map(({ kind }) => kind)),
  );
});
