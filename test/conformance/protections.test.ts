/** Every protection of the index passes the one suite. */
import { expect, it } from "vitest";
import { privateKeyText, publicKeyText } from "../../shared/crypto/paillier/keys.ts";
import { opensslPower } from "../../shared/crypto/paillier/openssl-power.node.ts";
import { protections } from "../../shared/protections/index.ts";
import { localOpener } from "../../shared/protections/local-opener.ts";
import { resolveSection } from "../../shared/registry.ts";
import { testKey2048 } from "../support/paillier-keys.ts";
import { describeProtection } from "./protection.ts";

const key = testKey2048;
/** Sections to prove, by name. A new protection adds its line here; the last test notices when it does not. */
const sections = {
  open: { kind: "open" },
  paillier: { kind: "paillier", publicKey: publicKeyText(key.publicKey) },
  "paillier with 512-bit exponents": { kind: "paillier", publicKey: publicKeyText(key.publicKey), exponentBits: 512 },
} as const;

for (const [name, section] of Object.entries(sections)) {
  const { definition, options } = resolveSection(protections, section, "protection");
  describeProtection(name, {
    protection: definition.create(options),
    opener:
      definition.createKeyholder === undefined
        ? undefined
        : localOpener([definition.createKeyholder(options, privateKeyText(key), opensslPower)]),
    errorPerContribution: section.kind === "open" ? 0 : 2 ** -13,
  });
}

it("covers every protection of the index", () => {
  expect(new Set(Object.values(sections).map(({ kind }) => kind))).toEqual(new Set(protections.map(({ kind }) => kind)));
});
