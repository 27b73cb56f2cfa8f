/** The aggregator over sockets, in a process of its own, with real clients in others. Imports bench, one file per job. */
import type { BenchSubject } from "./bench.ts";
import { idleJob } from "./transport/idle.ts";
import { maskedRoundJob } from "./transport/masked-round.ts";
import { modelJob } from "./transport/model.ts";
import { roundsJob } from "./transport/rounds.ts";

/** The subject. */
export const transport: BenchSubject = {
  name: "transport",
  summary: "one aggregator over sockets: thousands of idle clients, a large masked round, a model for everyone, memory over rounds",
  *groups() {
    yield idleJob({ clients: 10_000, idleMs: 30_000, hosts: 2 });
    yield maskedRoundJob({ clients: 10_000, cohort: 1_000, items: 1_682, rank: 16, hosts: 2 });
    yield modelJob({ clients: 1_000, items: 15_625, rank: 16, hosts: 2 });
    yield roundsJob({ clients: 50, rounds: 200, items: 200, rank: 8, compared: 50, hosts: 2 });
  },
};
