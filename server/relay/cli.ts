/** `cofactor relay`: hands sealed frames from agent to agent, and can read none. Imports listen. */
import { type Command, defineCommand } from "../../shared/command/command.ts";
import { listenRelay } from "./listen.ts";

/** The subcommand. */
export const command: Command = defineCommand({
  options: {
    host: { kind: "text", value: "ADDRESS", summary: "where to listen; by default reached from this machine only", default: "127.0.0.1" },
    port: { kind: "number", value: "N", summary: "0 takes a free one", default: 0 },
  },
  examples: ["cofactor relay --port 8090"],
  async run({ options, io }) {
    const relay = await listenRelay(options);
    io.out(`relay at ${relay.url}\n`);
    if (!io.signal.aborted) await new Promise<void>((resolve) => io.signal.addEventListener("abort", () => resolve(), { once: true }));
    const { delivered, dropped, refused } = relay.relay.counts;
    await relay.close();
    io.out(`${delivered} pieces delivered, ${dropped} dropped, ${refused} refused\n`);
    return 0;
  },
});
