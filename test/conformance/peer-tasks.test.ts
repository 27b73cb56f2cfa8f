/** Every task of agents passes the one suite: bad links change nothing, agents that die stop nobody, JSON repeats itself. */
import { describe, expect, it } from "vitest";
import { parsePeerScenario, runPeerScenario } from "../../simulations/peers/scenario.ts";
import { tasks } from "../../simulations/peers/tasks/index.ts";
import { topologies } from "../../simulations/topologies/index.ts";

/** Options that make each task small; a new task needs none when its defaults are quick. */
const small: Readonly<Record<string, object>> = {
  nmf: { matrix: { kind: "synthetic", rows: 10, columns: 24, rank: 2 }, rank: 2, rounds: 25, rho: 0.5 },
  spectral: { of: "graph", count: 1, spare: 3, rounds: 30, mixing: 12 },
  cooperation: { rounds: 40, alone: 10 },
};

async function figuresOf(kind: string, scenario: object = {}) {
  const result = await runPeerScenario(
    parsePeerScenario({ agents: 6, topology: { kind: "ring", steps: [1, 2] }, task: { kind, ...small[kind] }, ...scenario }),
  );
  const { secondsOfRounds: _, ...figures } = result.figures as Record<string, unknown>;
  return { ...result, figures };
}

describe.each(tasks.map(({ kind }) => kind))("task %s", (kind) => {
  it("comes to the same figures whatever links delay, lose and repeat", async () => {
    const perfect = await figuresOf(kind);
    const bad = await figuresOf(kind, { links: { latencyMs: 20, jitterMs: 70, loss: 0.2, repeat: 0.1 } });
    expect(bad.traffic.lostFrames).toBeGreaterThan(20);
    expect(bad.figures).toEqual(perfect.figures);
    expect((await figuresOf(kind)).traffic).toEqual(perfect.traffic);
  });

  it("ends for the others when one dies", async () => {
    const result = await figuresOf(kind, { links: { kills: [{ agent: 1, atMs: 150 }] }, lockstep: { patienceMs: 500 } });
    expect(result.killed).toEqual([1]);
    for (const value of Object.values(result.figures)) if (typeof value === "number") expect(Number.isFinite(value)).toBe(true);
  });

  it("ends on edges that come and go", async () => {
    const topology = { kind: "changing", of: { kind: "given" }, epochMs: 700, keep: 0.6 };
    expect((await figuresOf(kind, { topology })).killed).toEqual([]);
  });

  it("names its source", () => {
    expect(tasks.find((task) => task.kind === kind)!.source).toMatch(/https:/);
  });
});

it("a scenario names what it does not know", () => {
  const refuses = (input: object, text: string): void =>
    expect(() => parsePeerScenario(input)).toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID", message: expect.stringContaining(text) }),
    );
  refuses({ task: { kind: "nfm" } }, "nmf");
  refuses({ topology: { kind: "rnig" } }, topologies[0]!.kind);
  refuses({ links: { los: 1 } }, "loss");
  refuses({ agents: 1 }, "agents");
});
