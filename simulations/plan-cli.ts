/** `cofactor plan`: what each protection of a job costs and promises, estimated on this machine. Imports plan. */
import { writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { type Command, defineCommand } from "../shared/command/command.ts";
import { CofactorError } from "../shared/errors.ts";
import { pricings } from "./plan/index.ts";
import { toJob } from "./plan/job.ts";
import { makePlan, type Plan } from "./plan/plan.ts";
import { privacyTable, rankMechanisms, toWish } from "./plan/privacy.ts";
import { planTable } from "./plan/table.ts";

/** The subcommand. */
export const command: Command = defineCommand({
  options: {
    clients: { kind: "number", value: "N", summary: "devices of a cohort" },
    values: { kind: "number", value: "N", summary: "numbers in a contribution" },
    items: { kind: "number", value: "N", summary: "with --rank, instead of --values: items of the model" },
    rank: { kind: "number", value: "N", summary: "with --items: factors of an item" },
    bits: { kind: "number", value: "N", summary: "bits of a number in fixed point, sign included", default: 24 },
    dropout: { kind: "number", value: "SHARE", summary: "share of the cohort that is lost in a round", default: 0.1 },
    corruption: { kind: "number", value: "SHARE", summary: "share of the cohort that may collude with the aggregator", default: 0.1 },
    min: { kind: "number", value: "N", summary: "least contributors of a sum; half of the clients when absent" },
    rounds: { kind: "number", value: "N", summary: "rounds of the run, to add up what a device pays", default: 1 },
    threshold: { kind: "number", value: "T", summary: "keyholders that open a sum together", default: 2 },
    holders: { kind: "number", value: "N", summary: "all keyholders", default: 3 },
    groups: { kind: "number", value: "G", summary: "groups of the cohort, each with a sum of its own over at least --min", default: 1 },
    rule: { kind: "text", value: "KIND", summary: "with --groups: the rule over their sums", default: "median" },
    neighbors: { kind: "number", value: "K", summary: "out-neighbors of a masked device; computed when absent" },
    epsilon: { kind: "number", value: "E", summary: "ranks the mechanisms that promise every user this much for the whole run" },
    delta: { kind: "number", value: "D", summary: "with --epsilon", default: 1e-5 },
    participations: { kind: "number", value: "K", summary: "with --epsilon: rounds that a device takes part in, at most; all when absent" },
    separation: { kind: "number", value: "B", summary: "with --epsilon: least difference of two round numbers of a device", default: 1 },
    population: {
      kind: "number",
      value: "N",
      summary: "with --epsilon: all devices; with more than --clients, cohorts by coins are ranked too",
    },
    against: {
      kind: "text",
      value: "WHO",
      summary: "with --epsilon: server, or release: whom the promise must hold against",
      default: "release",
    },
    once: { kind: "flag", summary: "devices answer once a round and leave: recommend nothing that asks them again" },
    time: {
      kind: "number",
      value: "MS",
      summary: "how long short steps are timed in all; long ones are timed once beside it",
      default: 500,
    },
    json: { kind: "text", value: "FILE", summary: "writes the plan as JSON; - for standard output, and nothing else there" },
  },
  examples: [
    "cofactor plan --clients 1000 --values 26912 --bits 24 --dropout 0.1",
    "cofactor plan --clients 200 --items 1682 --rank 16 --threshold 3 --holders 5 --rounds 300",
    "cofactor plan --clients 400 --items 1682 --rank 16 --groups 8 --rule trimmed-mean --min 30",
    "cofactor plan --clients 200 --items 1682 --rank 16 --rounds 300 --epsilon 5 --participations 6 --separation 50",
    "cofactor plan --clients 1000 --values 26912 --json -",
  ],
  async run({ options, io }) {
    const { time, json, once, rule } = options;
    const job = toJob(options);
    if (!(time >= 1 && time <= 600_000)) throw new CofactorError("CONFIG_INVALID", `"--time" expected 1 to 600000 ms, got ${time}`);
    const say = (what: string): void => (io.isTerminal ? io.err(`\r\u001b[K${what === "" ? "" : `measuring ${what} ...`}`) : undefined);
    const wish = toWish(options, job);
    let plan: Plan;
    try {
      plan = await makePlan(job, pricings, { timeMs: time, answersOnce: once, rule, signal: io.signal, say });
    } catch (error) {
      if (io.signal.aborted) return 130;
      throw error;
    } finally {
      say("");
    }
    const privacy = wish === undefined ? undefined : await rankMechanisms(job, wish, say, io.signal);
    say("");
    if (json !== "-") io.out(`${planTable(plan)}\n${privacy === undefined ? "" : `\n${privacyTable(privacy, wish!, job)}\n`}`);
    if (json !== undefined) {
      const machine = { node: process.versions.node, cpu: cpus()[0]?.model ?? "unknown", cores: availableParallelism() };
      const text = `${JSON.stringify({ machine, ...plan, ...(privacy === undefined ? {} : { privacy }) }, undefined, 1)}\n`;
      if (json === "-") io.out(text);
      else writeFileSync(json, text);
    }
    return 0;
  },
});
