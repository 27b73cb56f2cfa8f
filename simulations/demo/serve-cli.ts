/** `cofactor serve`, with the demo beside it: the server's own command, which may import no simulation, and one more option. */
import { command as serve } from "../../server/cli.ts";
import type { Command } from "../../shared/command/command.ts";
import { CofactorError } from "../../shared/errors.ts";
import { serveDemo } from "./offer.ts";

/** The options that matter to the demo, as the server's command declares them. */
interface ServeOptions {
  readonly demo: boolean;
  readonly port: number | undefined;
  readonly host: string | undefined;
  readonly store: string | undefined;
  readonly config: string | undefined;
  readonly origin: readonly string[];
  readonly set: readonly string[];
}

/** The subcommand. */
export const command: Command = {
  ...serve,
  options: {
    ...serve.options,
    demo: { kind: "flag", summary: "instead of terms: the wine demo, with its page, neighbors and a store in memory" },
  },
  examples: [...(serve.examples ?? []), "cofactor serve --demo --port 8080"],
  async run(input) {
    const { positionals, io } = input;
    const { demo, port = 8080, host = "127.0.0.1", store, config, origin, set } = input.options as unknown as ServeOptions;
    if (!demo) return serve.run(input);
    if (positionals.length > 0 || store !== undefined || config !== undefined || origin.length > 0 || set.length > 0) {
      const what = '"--demo" expected no terms, --config, --store, --origin or --set beside it: it brings its own';
      throw new CofactorError("CONFIG_INVALID", what);
    }
    if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new CofactorError("CONFIG_INVALID", '"--port" expected 0 to 65535');
    await serveDemo({ port, host }, io, (url) => io.out(`demo         ${url}; Ctrl-C ends it\n`));
    return 0;
  },
};
