/** Agents that factorize a matrix together: encrypted as in clear, over bad links as over good ones, after deaths and partitions. */
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import type { LockstepOptions } from "../../shared/peer/lockstep.ts";
import { createPaillierExchange } from "../../shared/peer/nmf/paillier-exchange.ts";
import type { NmfState, NmfTerms } from "../../shared/peer/nmf/program.ts";
import { createRng, secureRng } from "../../shared/random.ts";
import { resolveSection } from "../../shared/registry.ts";
import { linksSchema } from "../../simulations/peers/links.ts";
import { type AgentOutcome, runAgents } from "../../simulations/peers/network.ts";
import { topologies } from "../../simulations/topologies/index.ts";
import { agentsError, centralError, disagreement, drawColumns, drawStart, nmfPrograms, testTools } from "../support/nmf-agents.ts";
import { testKey1024 } from "../support/paillier-keys.ts";

const small: NmfTerms = { rank: 3, rounds: 30, rho: 1, sweeps: 3 };
const parts = drawColumns(6, 12, 3, 10, createRng(3, "data"));

interface Setting {
  readonly kind?: "clear" | "paillier";
  readonly blockSize?: number;
  readonly links?: object;
  readonly topology?: { kind: string; [option: string]: unknown };
  readonly terms?: NmfTerms;
  readonly seed?: number;
  readonly lockstep?: LockstepOptions;
}

async function run(setting: Setting): Promise<AgentOutcome<NmfState>> {
  const { definition, options } = resolveSection(topologies, setting.topology ?? { kind: "ring" }, "topology");
  return runAgents({
    topology: definition.create(options, 6, createRng(1, "topology")),
    links: v.parse(linksSchema, setting.links ?? {}),
    programs: nmfPrograms(parts, setting.terms ?? small, 5, setting.kind ?? "clear", setting.blockSize ?? 7),
    rng: createRng(setting.seed ?? 2, "links"),
    lockstep: { repeatMs: 50, patienceMs: 2_000, ...setting.lockstep },
  });
}

const factors = (outcome: AgentOutcome<NmfState>): readonly NmfState[] => outcome.states.map(({ program }) => program);
const alive = (outcome: AgentOutcome<NmfState>): readonly NmfState[] =>
  factors(outcome).filter((_, agent) => !outcome.killed.includes(agent));

describe("distributed nonnegative factorization", () => {
  it.each([1, 7, 36])("under encryption equals the one in clear to fixed point, with a blind for %i values", async (blockSize) => {
    const terms = { ...small, rounds: blockSize === 1 ? 4 : 12 };
    // A block holds no more than fits a test key's plaintext of 1,024 bits.
    const clear = factors(await run({ terms, blockSize: Math.min(blockSize, 25) }));
    const sealed = factors(await run({ terms, kind: "paillier", blockSize: Math.min(blockSize, 25) }));
    let most = 0;
    for (const [agent, { x, y }] of sealed.entries()) {
      for (const [at, value] of x.entries()) most = Math.max(most, Math.abs(value - clear[agent]!.x[at]!));
      for (const [at, value] of y.entries()) most = Math.max(most, Math.abs(value - clear[agent]!.y[at]!));
    }
    expect(most).toBeLessThan(1e-4);
    // Rounding is there: equal to the last bit would mean that nothing was encoded.
    expect(most).toBeGreaterThan(0);
  });

  it("comes to the same factors, bit for bit, whatever links delay, lose and repeat", async () => {
    const perfect = factors(await run({}));
    const bad = await run({ links: { latencyMs: 20, jitterMs: 60, loss: 0.2, repeat: 0.1 }, seed: 9 });
    expect(bad.lostFrames).toBeGreaterThan(100);
    expect(factors(bad).map(({ x }) => x)).toEqual(perfect.map(({ x }) => x));
    expect(factors(bad).map(({ y }) => y)).toEqual(perfect.map(({ y }) => y));
  });

  it("approaches the centralised objective and agrees on the left factor", async () => {
    const ten = drawColumns(10, 40, 5, 60, createRng(7, "data"));
    const terms: NmfTerms = { rank: 5, rounds: 400, rho: 0.5, lastRho: 5, sweeps: 5 };
    const { definition, options } = resolveSection(topologies, { kind: "ring", steps: [1, 3] }, "topology");
    const outcome = await runAgents({
      topology: definition.create(options, 10, createRng(1)),
      links: v.parse(linksSchema, {}),
      programs: nmfPrograms(ten, terms, 7, "clear", 200),
      rng: createRng(2),
    });
    const central = centralError(ten, drawStart(40, 5, createRng(7, "start")), terms);
    expect(agentsError(ten, factors(outcome), 5)).toBeLessThan(4 * central);
    expect(disagreement(factors(outcome))).toBeLessThan(5e-4);
  });

  it("goes on with the others when agents die, towards their own optimum", async () => {
    const terms = { ...small, rounds: 120 };
    const outcome = await run({ terms, topology: { kind: "ring", steps: [1, 2] }, links: { loss: 0.1, kills: [{ agent: 2, atMs: 700 }] } });
    expect(outcome.killed).toEqual([2]);
    expect(outcome.states[2]!.program.round).toBeLessThan(120);
    const rest = alive(outcome);
    expect(rest.map(({ round }) => round)).toEqual(new Array(5).fill(120));
    expect(rest.every(({ duals }) => !duals.has("2"))).toBe(true);
    const others = parts.filter((_, agent) => agent !== 2);
    const central = centralError(others, drawStart(12, 3, createRng(5, "start")), terms);
    expect(agentsError(others, rest, 3)).toBeLessThan(4 * central);
    expect(disagreement(rest)).toBeLessThan(0.02);
  });

  it("works in two halves while it is parted, and as one again when the partition heals", async () => {
    const terms = { ...small, rounds: 300 };
    const links = { latencyMs: 5, jitterMs: 2, partitions: [{ fromMs: 300, toMs: 2_200, agents: [0, 1, 2] }] };
    const outcome = await run({ terms, links, lockstep: { patienceMs: 500 } });
    const epochs = outcome.states.flatMap(({ edges }) => [...edges.values()].map(({ epoch }) => epoch));
    expect(Math.max(...epochs)).toBeGreaterThan(0);
    expect(factors(outcome).map(({ round }) => round)).toEqual(new Array(6).fill(300));
    expect(disagreement(factors(outcome))).toBeLessThan(0.02);
    expect(agentsError(parts, factors(outcome), 3)).toBeLessThan(4 * centralError(parts, drawStart(12, 3, createRng(5, "start")), terms));
  });

  it("works over edges that come and go", async () => {
    const terms = { ...small, rounds: 200 };
    const topology = { kind: "changing", of: { kind: "ring", steps: [1, 2] }, epochMs: 1_000, keep: 0.5 };
    const outcome = await run({ terms, topology, links: { loss: 0.05 } });
    expect(factors(outcome).map(({ round }) => round)).toEqual(new Array(6).fill(200));
    expect(disagreement(factors(outcome))).toBeLessThan(0.05);
  });

  it("sends ciphertexts of fresh randomness under encryption, and never the values", async () => {
    const values: Uint8Array[][] = [];
    for (const blockSize of [1, 7]) {
      const sizes = (await run({ terms: { ...small, rounds: 1 }, kind: "paillier", blockSize })).bytes.filter((bytes) => bytes > 0);
      const blocks = Math.ceil(36 / blockSize);
      // Two messages of 256 bytes a block; a key of 128 bytes, a round number, a flag; and frames' heads.
      for (const bytes of sizes) expect(bytes).toBeGreaterThanOrEqual(2 * blocks * 256 + 133);
      for (const bytes of sizes) expect(bytes).toBeLessThan(2 * blocks * 256 + 400);
    }
    const exchange = createPaillierExchange({ key: testKey1024, secure: secureRng, size: 36, allowWeak: true, toolsOf: () => testTools });
    for (let time = 0; time < 3; time++) values.push([(await exchange.offer(new Float64Array(36))).offer]);
    expect(values[0]).not.toEqual(values[1]);
    expect(values[1]).not.toEqual(values[2]);
  });
});
