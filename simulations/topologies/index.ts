/** Every topology. A new one is a file and a line here. */
import { changing } from "./changing.ts";
import { given } from "./given.ts";
import { grid } from "./grid.ts";
import { randomGeometric } from "./random-geometric.ts";
import { ring } from "./ring.ts";
import { smallWorld } from "./small-world.ts";
import type { TopologyDefinition } from "./topology.ts";

/** The topologies that a scenario may name. */
export const topologies: readonly TopologyDefinition[] = [ring, grid, smallWorld, randomGeometric, given, changing];
