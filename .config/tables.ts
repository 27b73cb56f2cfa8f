/** `npm run tables`: see simulations/tables/cli.ts. Imports shared/command and, lazily, the command. */
import { runProgram } from "../shared/command/program.node.ts";

const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());

const summary = "remakes the tables of figures, or checks them";
process.exitCode = await runProgram(
  {
    name: "npm run",
    summary,
    version: "",
    node: "22.18",
    commands: [{ name: "tables", summary, load: () => import("../simulations/tables/cli.ts") }],
  },
  ["tables", ...process.argv.slice(2)],
  {
    io: {
      out: (text) => void process.stdout.write(text),
      err: (text) => void process.stderr.write(text),
      isTerminal: process.stderr.isTTY === true,
      signal: stop.signal,
    },
    nodeVersion: process.versions.node,
    debug: process.env["COFACTOR_DEBUG"] !== undefined,
  },
);
