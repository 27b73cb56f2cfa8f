/**
 * Devices' halves of a masked round in front of an aggregator that lies about contributors and signatures: they refuse, and what a liar can make of
 * all that was given out is no single device's values.
 */
import { describe, expect, it } from "vitest";
import { fromBase64url } from "../../shared/crypto/encoding.ts";
import { toBitmap } from "../../shared/crypto/masks/bitmap.ts";
import {
  encodeConsistencyBrief,
  encodeUnmaskBrief,
  type ListSignature,
  parseUnmaskAnswer,
  parseUnmaskBrief,
} from "../../shared/crypto/masks/closing-messages.ts";
import { addPairMask, addSelfMask } from "../../shared/crypto/masks/mask.ts";
import { parseKeysAnswer } from "../../shared/crypto/masks/messages.ts";
import { fromRing, ringFromBytes } from "../../shared/crypto/masks/ring.ts";
import { combine } from "../../shared/crypto/masks/shamir.ts";
import type { Primitives } from "../../shared/crypto/primitives.ts";
import { formOf, stageOf } from "../../shared/protections/masked-round.ts";
import { masks } from "../../shared/protections/masks.ts";
import type { DeviceHalf, Protection } from "../../shared/protections/protection.ts";
import { decodeFixed, encodedBits } from "../../shared/wire/fixed-point.ts";
import { briefOf, devices, frame, lieTo, protection, threshold, victim } from "../support/masked-lies.ts";
import { playCohort, playFrame, playSize, playValues } from "../support/masked-play.ts";
import { identities, playRound, type RoundTrace, realTools, signatureOf } from "../support/protected-round.ts";

const { primitives } = realTools;

describe("a lie about contributors and signatures", () => {
  const everybody = Array.from({ length: devices }, (_, index) => index);
  const setOf = (members: readonly number[]): Uint8Array => encodeConsistencyBrief(toBitmap(devices, members), devices);

  it("is refused: a set without the device, and one below the minimum", async () => {
    expect(await lieTo(stageOf.consistency, () => setOf(everybody.filter((index) => index !== victim)))).toMatch(
      "expected to hold this device",
    );
    expect(await lieTo(stageOf.consistency, () => setOf([victim, 1]))).toMatch("at least 3 contributors, got 2");
  });

  const edit = (change: (signatures: readonly ListSignature[]) => readonly ListSignature[]) => (brief: Uint8Array) => {
    const { contributors, signatures } = parseUnmaskBrief(brief, devices);
    return encodeUnmaskBrief({ contributors, signatures: change(signatures) }, devices);
  };

  it("is refused: too few signatures, of others, repeated, and another set", async () => {
    expect(await lieTo(stageOf.unmask, (brief) => brief)).toBe("answered");
    expect(
      await lieTo(
        stageOf.unmask,
        edit((all) => all.slice(1)),
      ),
    ).toMatch("4 neighbors expected to have signed the same set, got 3");
    expect(
      await lieTo(
        stageOf.unmask,
        edit((all) => all.map((each) => ({ ...each, signature: all[0]!.signature }))),
      ),
    ).toMatch("got 1");
    expect(
      await lieTo(
        stageOf.unmask,
        edit(([first]) => [first!, first!, first!, first!]),
      ),
    ).toMatch("ascending");
    const own = edit((all) => [...all.slice(0, 3), { index: victim, signature: all[3]!.signature }].sort((a, b) => a.index - b.index));
    expect(await lieTo(stageOf.unmask, own)).toMatch("got 3");
    const another = (brief: Uint8Array): Uint8Array => {
      const { signatures } = parseUnmaskBrief(brief, devices);
      return encodeUnmaskBrief({ contributors: toBitmap(devices, everybody.slice(0, 5)), signatures }, devices);
    };
    expect(await lieTo(stageOf.unmask, another)).toMatch("not the one that this device has signed");
  });

  it("is refused on a sparse graph when signers are in-neighbors only", async () => {
    const size = 20;
    const wide = playFrame(size, 8);
    const sparse = masks.create({ kind: "masks", corruption: 0, dropout: 0.1, neighbors: 12, threshold: 9 / 12 });
    const out = new Map<number, readonly number[]>();
    const signed = new Map<number, Uint8Array>();
    const { refusals } = await playRound(sparse, wide, playCohort(size), {
      answer(device, at, answer) {
        if (at === stageOf.keys) out.set(device, parseKeysAnswer(answer, size).neighbors);
        return answer;
      },
      brief(device, at, brief) {
        if (at !== stageOf.unmask) return brief;
        const { contributors, signatures } = parseUnmaskBrief(brief, size);
        for (const { index, signature } of signatures) signed.set(index, signature);
        const others = [...signed].filter(([index]) => index !== device && !out.get(device)!.includes(index));
        if (others.length === 0) return brief;
        const spoiled = [...signatures.slice(1), { index: others[0]![0], signature: others[0]![1] }].sort((a, b) => a.index - b.index);
        return encodeUnmaskBrief({ contributors, signatures: spoiled }, size);
      },
    });
    expect(refusals.length).toBeGreaterThan(5);
    for (const { message } of refusals) expect(message).toMatch("9 neighbors expected to have signed the same set, got 8");
  });

  it("gives out shares once: a second question for the same or another set is refused", async () => {
    const trace = await playRound(protection, frame, playCohort(devices));
    const brief = await briefOf(trace, stageOf.unmask);
    const half: DeviceHalf = trace.devices[victim]!;
    await expect(half.answer(stageOf.consistency, setOf(everybody.slice(0, 5)), playValues(victim))).rejects.toThrow("out of turn");
    await expect(half.answer(stageOf.unmask, brief, playValues(victim))).rejects.toThrow("out of turn");
  });

  it("opens nothing when two halves of the cohort are shown two sets", async () => {
    const halves = [
      [0, 1, 2, 3],
      [3, 4, 5, 6],
    ];
    const setFor = (device: number): readonly number[] => halves[device < 4 ? 0 : 1]!;
    const trace = await playRound(protection, frame, playCohort(devices), {
      brief: (device, at, brief) => (at === stageOf.consistency ? setOf(setFor(device)) : brief),
      // The liar takes the other set's answers too.
      aggregator: (half, at) => (at === stageOf.contribution ? { ...wrap(half), admit: () => undefined } : half),
    });
    const brief = trace.answers.filter(({ stage }) => stage === stageOf.consistency);
    expect(brief).toHaveLength(devices);
    // Every device is shown all signatures on its set that there are: its own half's.
    for (const device of everybody) {
      if (trace.answered[stageOf.unmask]?.includes(device) === true) expect.fail("shares were given out");
    }
    expect(trace.refusals.map(({ message }) => message)).toEqual(
      everybody.map(() => "the set of contributors is not the one that this device has signed"),
    );
    const fresh = await playRound(protection, frame, playCohort(devices), {
      isLost: (_, at) => at > stageOf.contribution,
    });
    const signatures = new Map<number, Uint8Array>();
    for (const device of everybody) {
      const answer = await fresh.devices[device]!.answer(stageOf.consistency, setOf(setFor(device)), new Float64Array(0));
      signatures.set(device, fromBase64url(await signatureOf(identities[device]!, frame, stageOf.consistency, answer)));
    }
    for (const device of everybody) {
      const all = everybody.filter((index) => index !== device).map((index) => ({ index, signature: signatures.get(index)! }));
      const shown = encodeUnmaskBrief({ contributors: toBitmap(devices, setFor(device)), signatures: all }, devices);
      await expect(fresh.devices[device]!.answer(stageOf.unmask, shown, new Float64Array(0))).rejects.toThrow(
        "to have signed the same set, got",
      );
    }
  });
});

describe("an attack on one device", () => {
  it("does not give its values: its neighbors are said to be lost as far as signatures allow", async () => {
    // The victim and the t neighbors that it takes are told that the others are lost, whose keys these then open.
    const believed = [0, 1, victim, 3, 4];
    const told = toBitmap(devices, believed);
    const secretKeys = new Map<string, Uint8Array>();
    const watched: Protection = {
      ...protection,
      createDevice: (of, self, tools) => protection.createDevice(of, self, { ...tools, primitives: watching(secretKeys) }),
    };
    const trace = await playRound(watched, frame, playCohort(devices), { isLost: (_, at) => at > stageOf.contribution });
    const signatures = new Map<number, Uint8Array>();
    for (const device of believed) {
      const answer = await trace.devices[device]!.answer(stageOf.consistency, encodeConsistencyBrief(told, devices), new Float64Array(0));
      signatures.set(device, fromBase64url(await signatureOf(identities[device]!, frame, stageOf.consistency, answer)));
    }
    const shares = {
      seed: new Map<number, { x: number; bytes: Uint8Array }[]>(),
      key: new Map<number, { x: number; bytes: Uint8Array }[]>(),
    };
    for (const device of believed) {
      const list = believed.filter((index) => index !== device).map((index) => ({ index, signature: signatures.get(index)! }));
      const brief = encodeUnmaskBrief({ contributors: told, signatures: list }, devices);
      const given = parseUnmaskAnswer(await trace.devices[device]!.answer(stageOf.unmask, brief, new Float64Array(0)), devices);
      for (const { index, kind, share } of given)
        shares[kind].set(index, [...(shares[kind].get(index) ?? []), { x: device + 1, bytes: share }]);
    }
    // All secrets that can be made of what was given out, of both kinds for nobody.

    const opened = (kind: "seed" | "key") => [...shares[kind]].filter(([, list]) => list.length >= threshold);
    const seeds = new Map(opened("seed").map(([index, list]) => [index, combine(list.slice(0, threshold))]));
    const keys = new Map(opened("key").map(([index, list]) => [index, combine(list.slice(0, threshold))]));
    expect([...seeds.keys()].sort()).toEqual(believed);
    expect([...keys.keys()].sort()).toEqual([5, 6]);
    expect([...seeds.keys()].filter((index) => keys.has(index))).toEqual([]);

    // The victim's vector without all masks that the liar can compute.
    const { bits } = formOf(frame);
    const taken = trace.answers.find(({ stage, device }) => stage === stageOf.contribution && device === victim)!;
    const vector = ringFromBytes(taken.bytes, playSize, bits);
    const announced = trace.answers.filter(({ stage }) => stage === stageOf.keys).map(({ bytes }) => parseKeysAnswer(bytes, devices));
    const endOf = (index: number) => ({ index, publicKey: announced.find((keysAnswer) => keysAnswer.index === index)!.maskKey });
    await addSelfMask(primitives, frame, victim, seeds.get(victim)!, vector, bits, -1);
    for (const [index, secretKey] of keys)
      await addPairMask(primitives, frame, { ...endOf(index), secretKey }, endOf(victim), vector, bits, 1);
    expect(asValues(vector)).not.toEqual([...playValues(victim)]);
    // The check can fail: with the secret keys of those who believe the victim is there, it is the victim's values.
    for (const index of believed.filter((other) => other !== victim)) {
      const secretKey = secretKeys.get(String(endOf(index).publicKey))!;
      expect(asValues(vector), `before the key of ${index}`).not.toEqual([...playValues(victim)]);
      await addPairMask(primitives, frame, { ...endOf(index), secretKey }, endOf(victim), vector, bits, 1);
    }
    expect(asValues(vector)).toEqual([...playValues(victim)]);
  });

  function asValues(vector: Uint32Array): readonly number[] {
    const { bits } = formOf(frame);
    try {
      return [...decodeFixed(fromRing(vector, bits, devices * 2 ** (encodedBits(frame.range) - 1)), frame.range)];
    } catch {
      return [];
    }
  }
});

/** Primitives that keep every secret key that is made. */
function watching(secretKeys: Map<string, Uint8Array>): Primitives {
  return {
    ...primitives,
    async createAgreementKeys(secure) {
      const keys = await primitives.createAgreementKeys(secure);
      secretKeys.set(String(keys.publicKey), keys.secretKey);
      return keys;
    },
  };
}

/** A half whose methods can be replaced. */
function wrap(half: RoundTrace["half"]): RoundTrace["half"] {
  return {
    get count() {
      return half.count;
    },
    begin: (stage, clients) => half.begin(stage, clients),
    brief: (stage, client) => half.brief(stage, client),
    admit: (stage, client, answer) => half.admit(stage, client, answer),
    combine: (stage, client, answer, signature) => half.combine(stage, client, answer, signature),
    export: () => half.export(),
    merge: (part) => half.merge(part),
    reveal: (opener) => half.reveal(opener),
  };
}
