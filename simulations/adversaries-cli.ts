/** `cofactor adversaries`: what devices of a simulation may do that are not honest. */
import { type Command, defineCommand } from "../shared/command/command.ts";
import { adversaries } from "./adversaries/index.ts";

/** The subcommand. */
export const command: Command = defineCommand({
  options: {},
  examples: ["cofactor adversaries", "cofactor simulate --set 'adversaries=[{kind: sign-flip, gain: 10, fraction: 0.2}]'"],
  async run({ io }) {
    for (const { kind, summary, source } of adversaries) io.out(`${kind}: ${summary}\n    source: ${source}\n`);
    io.out(`\n${using}\n`);
    return 0;
  },
});

const using = [
  "In a scenario: adversaries: [{ kind: KIND, fraction: SHARE }], or count: DEVICES; the options of each kind stand in its file.",
  "Several parts play at once, by different devices; figures of quality are of the honest people alone.",
  "One of your own: one file in simulations/adversaries and one line in its index.ts; test/conformance/adversary.ts proves it.",
].join("\n");
