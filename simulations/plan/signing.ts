/** What every protection pays beside its own work: signatures and digests of answers, and the list for keyholders. Imports shared, server's list. */
import { contributorBytes } from "../../server/contributor-list.ts";
import { verifySignature } from "../../shared/crypto/ed25519.node.ts";
import { toBase64url } from "../../shared/crypto/encoding.ts";
import { createIdentity, sign } from "../../shared/crypto/identity.ts";
import { nodePrimitives } from "../../shared/crypto/primitives.node.ts";
import { secureRng } from "../../shared/random.ts";
import type { Workbench } from "./workbench.ts";

/** CPU milliseconds. */
export interface SigningTimes {
  /** A signature by a device. */
  readonly sign: number;
  /** The check of one. */
  readonly verify: number;
  /** SHA-256 of one byte. */
  readonly digestByte: number;
}

/** Measured once. */
export function timeSigning(workbench: Workbench): Promise<SigningTimes> {
  return workbench.once("signing", async () => {
    const identity = createIdentity(secureRng);
    const message = secureRng.bytes(100);
    const signature = toBase64url(sign(identity, "answer", message));
    const bytes = secureRng.bytes(1 << 16);
    return {
      sign: await workbench.time(() => sign(identity, "answer", message), 0.03),
      verify: await workbench.time(() => verifySignature(identity.id, "answer", message, signature), 0.02),
      digestByte: (await workbench.time(() => nodePrimitives.digest(bytes), 0.01)) / bytes.length,
    };
  });
}

/** Bytes between an aggregator and each keyholder that is asked: the signed list, every contribution, and the keyholder's part back. */
export function keyholderBytes(contributors: number, contribution: number, part: number): number {
  return contributors * (contributorBytes + contribution) + part;
}
