/** One section of terms for every protection of the index, with its keyholders' secrets: what suites over all protections go through. */
import { privateKeyText, publicKeyText } from "../../shared/crypto/paillier/keys.ts";
import { testKey2048 } from "./paillier-keys.ts";

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

/** By name. A new protection adds its line; the conformance suite notices when it does not. */
export const protectionSections: Readonly<Record<"open" | "masks" | "paillier" | "paillier with 512-bit exponents", ProtectionSection>> = {
  open: { section: { kind: "open" }, secrets: [], errorPerContribution: 0, uniformPart: (answer) => answer },
  masks: {
    section: { kind: "masks" },
    secrets: [],
    errorPerContribution: 2 ** -13,
    anyWordsAreAnAnswer: true,
    uniformPart: (answer) => answer,
  },
  paillier: { section: { kind: "paillier", publicKey }, ...single },
  "paillier with 512-bit exponents": { section: { kind: "paillier", publicKey, exponentBits: 512 }, ...single },
};

/** Ciphertexts without the top byte of each 256-byte digit: digits are uniform below n, so that their top bytes are not. */
function belowTopByte(answer: Uint8Array): Uint8Array {
  return answer.filter((_, at) => at % 256 !== 255);
}
