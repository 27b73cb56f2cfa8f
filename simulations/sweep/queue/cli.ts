/** `cofactor worker`: runs cells of sweeps that others put into a queue. Imports worker when it runs. */
import { statSync } from "node:fs";
import { type Command, defineCommand } from "../../../shared/command/command.ts";
import { CofactorError } from "../../../shared/errors.ts";

/** The subcommand. */
export const command: Command = defineCommand({
  options: {
    queue: { kind: "text", value: "URL", summary: "the Redis of the queue, as in simulate --sweep GRID.yaml --queue redis://HOST:6379" },
    data: {
      kind: "text",
      value: "DIR",
      summary: "where data lie that are not bundled; a cell's paths are looked for below it by their ends",
    },
    concurrency: { kind: "number", value: "N", summary: "cells at a time, each with all of its data in memory", default: 1 },
    lock: {
      kind: "number",
      value: "SECONDS",
      summary: "after how long without a sign of life others run this worker's cells again",
      default: 15,
    },
    grace: {
      kind: "number",
      value: "SECONDS",
      summary: "how long cells may take to finish after SIGTERM before they are given back",
      default: 5,
    },
  },
  examples: [
    "cofactor worker --queue redis://queue.example:6379 --concurrency 4",
    "cofactor worker --queue redis://localhost --data ~/data",
  ],
  async run({ options, io }) {
    const { queue, data, concurrency, lock, grace } = options;
    if (queue === undefined) throw new CofactorError("CONFIG_INVALID", '"--queue" expected a URL such as redis://HOST:6379');
    if (!(Number.isInteger(concurrency) && concurrency >= 1 && concurrency <= 256))
      throw new CofactorError("CONFIG_INVALID", `"--concurrency" expected 1 to 256, got ${concurrency}`);
    if (!(lock >= 1 && lock <= 3_600)) throw new CofactorError("CONFIG_INVALID", `"--lock" expected 1 to 3600 seconds, got ${lock}`);
    if (!(grace >= 0 && grace <= 86_400)) throw new CofactorError("CONFIG_INVALID", `"--grace" expected 0 to 86400 seconds, got ${grace}`);
    if (data !== undefined && statSync(data, { throwIfNoEntry: false })?.isDirectory() !== true)
      throw new CofactorError("CONFIG_INVALID", `"--data" expected a folder, got "${data}"`);
    const { runQueueWorker } = await import("./worker.ts");
    await runQueueWorker({
      url: queue,
      dataFolder: data,
      concurrency,
      lockMs: lock * 1_000,
      graceMs: grace * 1_000,
      signal: io.signal,
      say: (line) => io.out(`${line}\n`),
    });
    return 0;
  },
});
