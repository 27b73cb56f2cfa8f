/** What sums of ciphertexts take, as one module that no device loads. Imports crypto. */
export { CiphertextSum } from "../crypto/paillier/ciphertext.ts";
export { unpackSums } from "../crypto/paillier/packing.ts";
