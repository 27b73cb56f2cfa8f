/** A small run under Paillier encryption: its terms, sealed contributions with their devices' signatures, and keyholders for it. */

import { Keyholder, type KeyholderParts, memoryRecord } from "../../server/index.ts";
import { toBase64url } from "../../shared/crypto/encoding.ts";
import { digestOf } from "../../shared/crypto/hash.ts";
import { createIdentity, type Identity, sign } from "../../shared/crypto/identity.ts";
import { privateKeyText, publicKeyText } from "../../shared/crypto/paillier/keys.ts";
import { defineRun } from "../../shared/define-run.ts";
import { nodeKeyholderTools } from "../../shared/protections/keyholder-tools.node.ts";
import { type PaillierOptions, paillier } from "../../shared/protections/paillier.ts";
import type { KeyholderFactory } from "../../shared/protections/protection.ts";
import { createRng, secureRng } from "../../shared/random.ts";
import { type Run, roundFrame } from "../../shared/run.ts";
import { type Connector, noBytes } from "../../shared/transport.ts";
import { answerBytes } from "../../shared/wire/signed.ts";
import { advancePlainly } from "../../simulations/baselines/advance.ts";
import { testKey2048 } from "./paillier-keys.ts";
import { realTools } from "./protected-round.ts";
import { ScriptedClient } from "./scripted-client.ts";

/** A run of 2 to 3 devices; `terms` say otherwise. */
export function sealedRun(keyholders: readonly string[], terms: object = {}): Run {
  return defineRun({
    id: "sealed",
    items: 6,
    rounds: 1,
    cohort: { size: 3, min: 2 },
    model: { kind: "fcf", rank: 2 },
    protection: { kind: "paillier", holders: 1, publicKey: publicKeyText(testKey2048.publicKey), keyholders },
    ...terms,
  });
}

/** The test key's halves. */
export function openAll(run: Run): Promise<KeyholderFactory> {
  return paillier.createKeyholder!(run.terms.protection as unknown as PaillierOptions, privateKeyText(testKey2048), nodeKeyholderTools);
}

/** A keyholder of `run` with a record in memory, not yet joined. */
export function keyholderOf(connect: Connector, identity: Identity, more: Partial<KeyholderParts> = {}): Keyholder {
  return new Keyholder({ connect, run: "sealed", identity, createKeyholder: openAll, record: memoryRecord(), ...more });
}

/** Values that fixed point carries exactly. */
export function valuesOf(run: Run, seed: number): Float64Array {
  return Float64Array.from({ length: run.contributionSize }, (_, index) => (seed + index) / 1_024);
}

/** A device's sealed contribution. */
export async function sealed(run: Run, round: number, seed: number, client = "device"): Promise<Uint8Array> {
  const half = await run.protection.createDevice(roundFrame(run, round), client, realTools);
  return half.answer(run.protection.contributionStage, noBytes, valuesOf(run, seed));
}

/** A contribution with all that a list says of it. */
export interface Sealed {
  readonly device: Identity;
  readonly client: string;
  readonly digest: string;
  readonly signature: string;
  readonly bytes: Uint8Array;
}

/** A fresh device's contribution; `bytes` may be anything, and so may what it signs. */
export async function contribute(
  run: Run,
  round: number,
  seed: number,
  changes: { readonly device?: Identity; readonly bytes?: Uint8Array; readonly signed?: Uint8Array } = {},
): Promise<Sealed> {
  const device = changes.device ?? createIdentity(secureRng);
  const bytes = changes.bytes ?? (await sealed(run, round, seed, device.id));
  const digest = await digestOf(bytes);
  const signed = changes.signed ?? answerBytes(run.digest, round, run.protection.contributionStage, digest);
  return { device, client: device.id, digest, signature: toBase64url(sign(device, "answer", signed)), bytes };
}

/** Devices that answer every invitation, one for each seed. */
export async function sealingDevices(run: Run, connect: Connector, seeds: readonly number[] = [1, 2]): Promise<ScriptedClient[]> {
  return Promise.all(
    seeds.map(async (seed) => {
      const client = await ScriptedClient.join(connect, run.terms.id);
      client.onAsk = ({ round }) =>
        void sealed(run, round, seed, client.identity.id)
          .then((bytes) => client.answer(round, bytes))
          .catch(() => undefined);
      return client;
    }),
  );
}

/** The model after one round in which the devices with these seeds took part, from `start`. */
export function modelAfter(run: Run, start: Float64Array, seeds: readonly number[] = [1, 2]): number[] {
  const sum = new Float64Array(run.contributionSize);
  for (const seed of seeds) for (const [index, value] of valuesOf(run, seed).entries()) sum[index]! += value;
  const initial = { ...run.model.initialize(createRng(1)), shared: start, round: 0 };
  return [...advancePlainly(run, initial, { values: sum, count: seeds.length }).shared];
}
