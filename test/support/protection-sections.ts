/** One section of terms for every protection of the index, with its keyholders' secrets: what suites over all protections go through. */
import { privateKeyText, publicKeyText } from "../../shared/crypto/paillier/keys.ts";
import { keyShareText, thresholdKeyText } from "../../shared/crypto/paillier/threshold-key.ts";
import { testKey2048 } from "./paillier-keys.ts";
import { testThresholdKey2048 } from "./threshold-keys.ts";

/** A protection as terms name it. */
export interface ProtectionSection {
  readonly section: { readonly kind: string; readonly [option: string]: unknown };
  readonly secrets: readonly string[];
  /** Greatest error of a sum's entry for each contribution in it, at 12 fraction bits. */
  readonly errorPerContribution: number;
  /** True where every vector of the right length could be an honest one. */
  readonly anyWordsAreAnAnswer?: boolean;
  /** Of a sealed contribution, the bytes that should be uniform. */
  uniformPart(answer: Uint8Array): Uint8Array;
}

const publicKey = publicKeyText(testKey2048.publicKey);
const single = { secrets: [privateKeyText(testKey2048)], errorPerContribution: 2 ** -13, uniformPart: belowTopByte };

const split = thresholdKeyText(testThresholdKey2048.key);
const shares = testThresholdKey2048.shares.map(keyShareText);

/** By name. A new protection adds its line; the conformance suite notices when it does not. */
export const protectionSections: Readonly<
  Record<"open" | "masks" | "paillier" | "paillier with 512-bit exponents" | "paillier, 2 of 3" | "masked-paillier", ProtectionSection>
> = {
  open: { section: { kind: "open" }, secrets: [], errorPerContribution: 0, uniformPart: (answer) => answer },
  masks: {
    // So much dropout asks for the full graph, in which all messages of a stage are of one length.
    section: { kind: "masks", dropout: 0.3 },
    secrets: [],
    errorPerContribution: 2 ** -13,
    anyWordsAreAnAnswer: true,
    uniformPart: (answer) => answer,
  },
  paillier: { section: { kind: "paillier", holders: 1, publicKey }, ...single },
  "paillier, 2 of 3": { ...single, section: { kind: "paillier", ...split }, secrets: shares },
  "masked-paillier": { ...single, section: { kind: "masked-paillier", masks: { dropout: 0.3 }, ...split }, secrets: shares },
  "paillier with 512-bit exponents": { section: { kind: "paillier", holders: 1, publicKey, exponentBits: 512 }, ...single },
};

/** Ciphertexts without the top byte of each 256-byte digit: digits are uniform below n, so that their top bytes are not. */
function belowTopByte(answer: Uint8Array): Uint8Array {
  return answer.filter((_, at) => at % 256 !== 255);
}
