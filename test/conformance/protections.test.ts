/** Every protection of the index passes the one suite. */
import { expect, it } from "vitest";
import { opensslPower } from "../../shared/crypto/paillier/openssl-power.node.ts";
import { protections } from "../../shared/protections/index.ts";
import { localOpener } from "../../shared/protections/local-opener.ts";
import { resolveSection } from "../../shared/registry.ts";
import { protectionSections } from "../support/protection-sections.ts";
import { describeProtection } from "./protection.ts";

for (const [name, { section, secrets, ...proved }] of Object.entries(protectionSections)) {
  const { definition, options } = resolveSection(protections, section, "protection");
  const keyholders = secrets.map((secret) => definition.createKeyholder!(options, secret, opensslPower));
  describeProtection(name, { protection: definition.create(options), opener: localOpener(keyholders), ...proved });
}

it("covers every protection of the index", () => {
  expect(new Set(Object.values(protectionSections).map(({ section }) => section.kind))).toEqual(
    new Set(protections.map(({ kind }) => kind)),
  );
});
