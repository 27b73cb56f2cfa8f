/** The aggregator's verification of signatures: OpenSSL's. Imports shared/crypto. */
export { verifySignature } from "../shared/crypto/ed25519.node.ts";
