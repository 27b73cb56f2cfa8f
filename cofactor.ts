#!/usr/bin/env node
/** The command line's front door: the table of subcommands, each loaded when it is called. Imports shared/command, and lazily all rooms. */
import { existsSync, readFileSync } from "node:fs";
import type { CommandEntry } from "./shared/command/command.ts";
import { runProgram } from "./shared/command/program.node.ts";

/** Every subcommand. A new one is a module that exports `command` and a line here. */
const commands: readonly CommandEntry[] = [
  {
    name: "simulate",
    summary: "trains on real data, in memory or over real sockets, beside its baselines",
    load: () => import("./simulations/cli.ts"),
  },
  {
    name: "worker",
    summary: "runs cells of sweeps that others put into a queue",
    load: () => import("./simulations/sweep/queue/cli.ts"),
  },
  {
    name: "peers",
    summary: "agents on a graph that compute together without a server",
    load: () => import("./simulations/peers/cli.ts"),
  },
  { name: "relay", summary: "hands sealed frames from agent to agent, and can read none", load: () => import("./server/relay/cli.ts") },
  { name: "serve", summary: "serves a run to devices: the aggregator", load: () => import("./simulations/demo/serve-cli.ts") },
  { name: "invite", summary: "makes invitations to a run, each for one device", load: () => import("./server/invite-cli.ts") },
  {
    name: "clients",
    summary: "approves, revokes and lists the devices of a run, or brings them over",
    load: () => import("./server/clients-cli.ts"),
  },
  { name: "export", summary: "a run of a store as a signed archive", load: () => import("./server/export-cli.ts") },
  { name: "import", summary: "a run out of a signed archive into a store", load: () => import("./server/import-cli.ts") },
  {
    name: "factors",
    summary: "a run's item factors with the items' names, as .npy or JSON lines",
    load: () => import("./server/factors-cli.ts"),
  },
  { name: "join", summary: "takes part in a run with the ratings of a file, which stay here", load: () => import("./client/cli.node.ts") },
  { name: "keys", summary: "makes, shows and checks the key file of a keyholder", load: () => import("./server/keys-cli.ts") },
  { name: "keyholder", summary: "opens the sums of a run for an aggregator that cannot", load: () => import("./server/keyholder-cli.ts") },
  {
    name: "plan",
    summary: "prices every protection for a job: time, bytes, who sees what",
    load: () => import("./simulations/plan-cli.ts"),
  },
  { name: "bench", summary: "times rounds and inner loops side by side", load: () => import("./simulations/bench-cli.ts") },
  {
    name: "kinds",
    summary: "lists everything that terms and scenarios may name: models, rules, protections and more, with their sources",
    load: () => import("./simulations/kinds-cli.ts"),
  },
  { name: "datasets", summary: "lists the bundled data and how to use other data", load: () => import("./simulations/datasets-cli.ts") },
];

const manifest = ["./package.json", "../package.json"].map((path) => new URL(path, import.meta.url)).find((url) => existsSync(url))!;
const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };

const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    stop.abort();
    process.once(signal, () => process.exit(130));
  });
}
// A reader that has seen enough, such as `head`, is no failure of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));

process.exitCode = await runProgram(
  { name: "cofactor", summary: "recommenders trained across devices that never show their data", version, node: "22.18", commands },
  process.argv.slice(2),
  {
    io: {
      out: (text) => void process.stdout.write(text),
      err: (text) => void process.stderr.write(text),
      isTerminal: process.stderr.isTTY === true,
      isInteractive: process.stdin.isTTY === true && process.stdout.isTTY === true && !process.env["CI"],
      signal: stop.signal,
    },
    nodeVersion: process.versions.node,
    debug: process.env["COFACTOR_DEBUG"] !== undefined,
  },
);
