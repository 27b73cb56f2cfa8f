/**
 * Devices' halves of a masked round in front of an aggregator that lies about the cohort, the neighbors and the shares: they refuse. What it may
 * say of contributors and signatures is in masks-lying-sets.test.ts.
 */
import { beforeEach, describe, expect, it } from "vitest";
import { fromBase64url } from "../../shared/crypto/encoding.ts";
import { parseUnmaskAnswer } from "../../shared/crypto/masks/closing-messages.ts";
import { buildTree, pathOf } from "../../shared/crypto/masks/merkle.ts";
import {
  encodeContributionBrief,
  encodeKeysBrief,
  encodeSharesBrief,
  type NeighborKeys,
  parseContributionBrief,
  parseKeysBrief,
  parseSharesBrief,
} from "../../shared/crypto/masks/messages.ts";
import { stageOf } from "../../shared/protections/masked-round.ts";
import { masks } from "../../shared/protections/masks.ts";
import { briefOf, devices, frame, lieTo, min, protection, victim } from "../support/masked-lies.ts";
import { playCohort, playFrame, playValues } from "../support/masked-play.ts";
import { identities, playRound, realTools, signatureOf } from "../support/protected-round.ts";

const { primitives } = realTools;

function changeNeighbors(change: (neighbors: readonly NeighborKeys[]) => readonly NeighborKeys[] | Promise<readonly NeighborKeys[]>) {
  return async (brief: Uint8Array) => encodeSharesBrief(await change(parseSharesBrief(brief, devices)));
}

/** Replaces what is said of device 5. */
function changeOne(change: (entry: NeighborKeys) => Partial<NeighborKeys> | Promise<Partial<NeighborKeys>>) {
  return changeNeighbors((all) =>
    Promise.all(all.map(async (entry) => (entry.index === 5 ? { ...entry, ...(await change(entry)) } : entry))),
  );
}

describe("a lie about the cohort", () => {
  it.each([
    ["a cohort below the minimum", { devices: min - 1, index: 0 }],
    ["a cohort above the greatest", { devices: devices + 1 }],
  ])("is refused: %s", async (_, change) => {
    expect(await lieTo(stageOf.keys, (brief) => encodeKeysBrief({ ...parseKeysBrief(brief), ...change }))).toMatch(
      "a cohort expected 3 to 7",
    );
  });

  it.each([
    ["another root", { root: new Uint8Array(32) }],
    ["another size", { devices: devices - 1 }],
    ["another index", { index: 5 }],
  ])("ends at the stage shares: %s", async (_, change) => {
    const answer = await protection.createDevice(frame, identities[victim]!.id, realTools);
    const trace = await playRound(protection, frame, playCohort(devices), { isLost: (_device, at) => at === stageOf.shares });
    const brief = await briefOf(trace, stageOf.keys);
    await answer.answer(stageOf.keys, encodeKeysBrief({ ...parseKeysBrief(brief), ...change }), new Float64Array(0));
    await expect(answer.answer(stageOf.shares, await briefOf(trace, stageOf.shares), new Float64Array(0))).rejects.toMatchObject({
      code: expect.stringMatching("UPDATE_REJECTED|SHAPE_MISMATCH|MESSAGE_MALFORMED") as string,
    });
  });
});

describe("a lie about a neighbor", () => {
  const resigned = async (entry: NeighborKeys, of: Partial<typeof frame>, stage: number = stageOf.keys, signer = 5) => ({
    signature: fromBase64url(await signatureOf(identities[signer]!, { ...frame, ...of }, stage, entry.answer)),
  });

  it("is not there at first: the truth is answered", async () => {
    expect(await lieTo(stageOf.shares, (brief) => brief)).toBe("answered");
  });

  it.each<readonly [string, (entry: NeighborKeys) => Partial<NeighborKeys> | Promise<Partial<NeighborKeys>>, string]>([
    ["of another round", (entry) => resigned(entry, { round: frame.round + 1 }), "not signed"],
    ["of other terms", (entry) => resigned(entry, { terms: "u".repeat(43) }), "not signed"],
    ["of another stage", (entry) => resigned(entry, {}, stageOf.shares), "not signed"],
    ["by another device", (entry) => resigned(entry, {}, stageOf.keys, 6), "not signed"],
    ["of zeros", () => ({ signature: new Uint8Array(64) }), "not signed"],
    [
      "of its keys with one bit changed",
      ({ answer }) => ({ answer: answer.map((byte, at) => (at === 40 ? byte ^ 1 : byte)) }),
      "not signed",
    ],
    ["under another id", () => ({ id: identities[9]!.id }), "not where the cohort has it"],
    ["under this device's own id", () => ({ id: identities[victim]!.id }), "another one of the same cohort"],
    ["with another path", ({ path }) => ({ path: path.map((node) => node.map((byte) => byte ^ 1)) }), "not where the cohort has it"],
  ])("is refused: a signature or place %s", async (_, change, message) => {
    expect(await lieTo(stageOf.shares, changeOne(change))).toMatch(message);
  });

  it("is refused when two neighbors are swapped, with their answers, signatures, or all but the index", async () => {
    for (const fields of [["answer", "signature"], ["id"], ["id", "path", "answer", "signature"]] as const) {
      const swap = changeNeighbors((all) => {
        const [a, b] = [all.find(({ index }) => index === 4)!, all.find(({ index }) => index === 5)!];
        const from = (source: NeighborKeys) => Object.fromEntries(fields.map((field) => [field, source[field]]));
        return all.map((entry) => ({ ...entry, ...(entry.index === 4 ? from(b) : entry.index === 5 ? from(a) : {}) }));
      });
      expect(await lieTo(stageOf.shares, swap), fields.join()).not.toBe("answered");
    }
  });

  it("is refused when too few neighbors are named", async () => {
    expect(
      await lieTo(
        stageOf.shares,
        changeNeighbors((all) => all.slice(0, 3)),
      ),
    ).toMatch("at least 4 neighbors expected");
    expect(
      await lieTo(
        stageOf.shares,
        changeNeighbors(() => []),
      ),
    ).toMatch("at least 4 neighbors expected");
    expect(
      await lieTo(
        stageOf.shares,
        changeNeighbors((all) => all.slice(0, 4)),
      ),
    ).toBe("answered");
  });

  it("is refused when one device takes two places of the cohort", async () => {
    // The liar's own device signs two announcements, and the tree holds it twice.
    const ids = Array.from({ length: devices }, (_, index) => identities[index === 6 ? 5 : index]!.id);
    const tree = await buildTree((bytes) => primitives.digest(bytes), ids);
    const half = await protection.createDevice(frame, ids[victim]!, realTools);
    await half.answer(stageOf.keys, encodeKeysBrief({ devices, index: victim, root: tree.root }), new Float64Array(0));
    const entries: NeighborKeys[] = [];
    for (const [index, id] of ids.entries()) {
      if (index === victim) continue;
      const other = await protection.createDevice(frame, id, realTools);
      const answer = await other.answer(stageOf.keys, encodeKeysBrief({ devices, index, root: tree.root }), new Float64Array(0));
      const signer = identities.find((identity) => identity.id === id)!;
      const signature = fromBase64url(await signatureOf(signer, frame, stageOf.keys, answer));
      entries.push({ index, id: signer.id, path: pathOf(tree, index), answer, signature });
    }
    await expect(half.answer(stageOf.shares, encodeSharesBrief(entries), new Float64Array(0))).rejects.toThrow("another place");
  });

  it("is refused on a sparse graph: neither did this device pick it, nor it this device", async () => {
    const size = 20;
    const sparse = masks.create({ kind: "masks", corruption: 0, dropout: 0.1, neighbors: 12, threshold: 9 / 12 });
    const wide = playFrame(size, 8);
    let tried = 0;
    const { refusals } = await playRound(sparse, wide, playCohort(size), {
      isLost: (_, at) => at > stageOf.shares,
      brief(device, at, brief) {
        if (at !== stageOf.shares) return brief;
        told.set(device, brief);
        if (device === 0) return brief;
        // All that device 0 was told of, without what is not this device's neighbor but for one.
        const own = parseSharesBrief(brief, size);
        const stranger = parseSharesBrief(told.get(0)!, size).find(
          ({ index }) => index !== device && !own.some((known) => known.index === index),
        );
        if (stranger === undefined) return brief;
        tried += 1;
        return encodeSharesBrief([...own, stranger].sort((a, b) => a.index - b.index));
      },
    });
    expect(tried).toBeGreaterThan(3);
    expect(refusals.filter(({ message }) => message.endsWith("is no neighbor"))).toHaveLength(tried);
  });
  const told = new Map<number, Uint8Array>();
  beforeEach(() => told.clear());
});

describe("a lie about shares and who is there", () => {
  const change =
    (edit: (brief: ReturnType<typeof parseContributionBrief>) => ReturnType<typeof parseContributionBrief>) => (brief: Uint8Array) =>
      encodeContributionBrief(edit(parseContributionBrief(brief, devices)));

  it("is refused: strangers, itself, too few holders, shares of somebody who is not there", async () => {
    expect(await lieTo(stageOf.contribution, (brief) => brief)).toBe("answered");
    const withSelf = change(({ shares, present }) => ({ shares, present: [...present, victim].sort((a, b) => a - b) }));
    expect(await lieTo(stageOf.contribution, withSelf)).toMatch("device 2 expected to be a neighbor");
    const few = change(({ present }) => ({ shares: [], present: present.slice(0, 3) }));
    expect(await lieTo(stageOf.contribution, few)).toMatch("at least 4 holders of shares expected");
    const absent = change(({ shares, present }) => ({ shares, present: present.slice(1) }));
    expect(await lieTo(stageOf.contribution, absent)).toMatch("not for this device");
    const own = change(({ shares, present }) => ({ shares: [...shares.slice(0, 2), { ...shares[0]!, index: victim }], present }));
    expect(await lieTo(stageOf.contribution, own)).toMatch("not for this device");
  });

  it("gives the liar no share that was not meant for this device: swapped boxes do not open, and are held by nobody", async () => {
    let kept: readonly number[] = [];
    const { half, refusals, answers } = await playRound(protection, frame, playCohort(devices), {
      brief: (device, at, brief) => {
        if (device !== victim || at !== stageOf.contribution) return brief;
        return change(({ shares, present }) => {
          const [a, b] = [shares[0]!, shares[1]!];
          kept = shares.slice(2).map(({ index }) => index);
          return { present, shares: [{ ...a, box: b.box }, { ...b, box: a.box }, ...shares.slice(2)] };
        })(brief);
      },
    });
    expect(refusals).toEqual([]);
    const given = answers.find(({ stage, device }) => stage === stageOf.unmask && device === victim)!;
    expect(parseUnmaskAnswer(given.bytes, devices).map(({ index }) => index)).toEqual(kept);
    await expect(half.reveal(undefined)).resolves.toMatchObject({ count: devices });
  });

  it("is refused for a second vector: two with other neighbors would give pair masks away", async () => {
    const trace = await playRound(protection, frame, playCohort(devices), { isLost: (_, at) => at > stageOf.contribution });
    const fewer = change(({ shares, present }) => ({ shares: shares.slice(1), present: present.slice(1) }))(
      await briefOf(trace, stageOf.contribution),
    );
    await expect(trace.devices[victim]!.answer(stageOf.contribution, fewer, playValues(victim))).rejects.toThrow("out of turn, or again");
  });

  it("is refused for every stage out of turn, and for all after a refusal", async () => {
    const device = await protection.createDevice(frame, identities[victim]!.id, realTools);
    for (const stage of [1, 2, 3, 4, 5, -1])
      await expect(device.answer(stage, new Uint8Array(8), playValues(victim))).rejects.toThrow("out of turn");
    const keys = encodeKeysBrief({ devices, index: victim, root: new Uint8Array(32) });
    await device.answer(stageOf.keys, keys, playValues(victim));
    await expect(device.answer(stageOf.keys, keys, playValues(victim))).rejects.toThrow("out of turn, or again");
    await expect(device.answer(stageOf.shares, new Uint8Array(2), playValues(victim))).rejects.toThrow("at least 4 neighbors");
    for (const stage of [1, 2, 3, 4])
      await expect(device.answer(stage, new Uint8Array(8), playValues(victim))).rejects.toThrow("out of turn");
  });
});
