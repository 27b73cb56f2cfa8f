/** Scenarios of agents: topology, links, task; resolved from files and overrides. Imports topologies, links, tasks, scenario-file. */
import * as v from "valibot";
import type { LockstepOptions } from "../../shared/peer/lockstep.ts";
import { createRng } from "../../shared/random.ts";
import { parseConfig, resolveSection } from "../../shared/registry.ts";
import { packageVersion } from "../package-root.ts";
import { topologies } from "../topologies/index.ts";
import { edgesOf } from "../topologies/topology.ts";
import { type Links, linksSchema } from "./links.ts";
import { tasks } from "./tasks/index.ts";

/** A section with a kind. */
interface Section {
  readonly kind: string;
  readonly [option: string]: unknown;
}

/** A scenario, its defaults filled in. */
export interface PeerScenario {
  readonly agents: number;
  readonly topology: Section;
  readonly links: Links;
  readonly lockstep: Required<Pick<LockstepOptions, "repeatMs" | "patienceMs">>;
  readonly task: Section;
  readonly seed: number;
}

/** A section whose kind may be left out. */
const sectionOf = (kind: string) => v.looseObject({ kind: v.optional(v.string(), kind) });
const duration = v.pipe(v.number(), v.minValue(1), v.maxValue(86_400_000));

const schema = v.strictObject({
  agents: v.optional(v.pipe(v.number(), v.integer(), v.minValue(2), v.maxValue(2_000)), 10),
  topology: v.optional(sectionOf("ring"), { kind: "ring", steps: [1, 3] }),
  links: v.optional(linksSchema, {}),
  lockstep: v.optional(v.strictObject({ repeatMs: v.optional(duration, 100), patienceMs: v.optional(duration, 5_000) }), {}),
  task: v.optional(sectionOf("nmf"), {}),
  seed: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0)), 1),
});

/** Resolves a scenario. @throws CofactorError CONFIG_INVALID naming the path and the nearest known word */
export function parsePeerScenario(input: unknown): PeerScenario {
  const parsed = parseConfig(schema, input, "") as PeerScenario;
  return {
    ...parsed,
    topology: resolveSection(topologies, parsed.topology, "topology").options as Section,
    task: resolveSection(tasks, parsed.task, "task").options as Section,
  };
}

/** What `--json` writes. The same seed gives the same but for `timing`, `version` and what protecting randomness rounds. */
export interface PeerResult {
  readonly version: string;
  readonly scenario: PeerScenario;
  readonly figures: Readonly<Record<string, unknown>>;
  readonly killed: readonly number[];
  readonly traffic: {
    readonly edges: number;
    readonly frames: number;
    readonly lostFrames: number;
    readonly bytes: number;
    /** Bytes of both directions of an edge, on average. */
    readonly bytesPerEdge: number;
    readonly bytesPerEdgeRound: number;
  };
  readonly timing: { readonly totalSeconds: number; readonly networkMs: number };
}

/** Runs a scenario. @throws CofactorError CONFIG_INVALID, DATA_INVALID, TIMED_OUT, CANCELLED */
export async function runPeerScenario(
  scenario: PeerScenario,
  options: { readonly say?: (line: string) => void; readonly signal?: AbortSignal } = {},
): Promise<PeerResult> {
  const rng = createRng(scenario.seed, "peers");
  const { definition, options: topologyOptions } = resolveSection(topologies, scenario.topology, "topology");
  const topology = definition.create(topologyOptions, scenario.agents, rng.fork("topology"));
  const task = resolveSection(tasks, scenario.task, "task");
  const began = performance.now();
  const { figures, outcome, rounds } = await task.definition.run(task.options, {
    topology,
    links: scenario.links,
    lockstep: scenario.lockstep,
    rng,
    say: options.say ?? (() => undefined),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  const edges = edgesOf(topology.graphAt(0)).length;
  const bytes = outcome.bytes.reduce((sum, value) => sum + value, 0);
  return {
    version: packageVersion(),
    scenario,
    figures,
    killed: outcome.killed,
    traffic: {
      edges,
      frames: outcome.frames,
      lostFrames: outcome.lostFrames,
      bytes,
      bytesPerEdge: bytes / edges,
      bytesPerEdgeRound: bytes / edges / rounds,
    },
    timing: { totalSeconds: (performance.now() - began) / 1000, networkMs: outcome.nowMs },
  };
}
