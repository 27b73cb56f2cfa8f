/** `cofactor serve`: an aggregator for one run. */
import { readFileSync } from "node:fs";
import pino from "pino";
import { parse } from "yaml";
import { type Command, type CommandValues, listOption, textOption } from "../shared/command.ts";
import { CofactorError } from "../shared/errors.ts";
import { defineRun } from "../shared/run.ts";
import { createServer } from "./server.ts";
import { sqliteStore } from "./stores/sqlite.ts";

/** The subcommand. */
export const command: Command = {
  usage: "serve TERMS.yaml",
  summary: "Serves a run: enrols devices, drives rounds, publishes models; goes on where its store left off.",
  positionals: 1,
  options: {
    port: { type: "string", value: "N", help: "default 8080; 0 for a free one" },
    host: { type: "string", value: "ADDRESS", help: "default 127.0.0.1: this machine only" },
    store: { type: "string", value: "FILE", help: "the SQLite file; default: the run's name with .sqlite" },
    origin: { type: "string", multiple: true, value: "ORIGIN", help: "an origin whose pages may connect" },
  },
  examples: ["cofactor serve wines.yaml --port 8080 --store wines.sqlite --origin https://shop.example"],
  run,
};

async function run([path]: readonly string[], values: CommandValues): Promise<number> {
  if (path === undefined) throw new CofactorError("CONFIG_INVALID", "expected a file with the run's terms");
  const port = Number(textOption(values, "port") ?? 8080);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new CofactorError("CONFIG_INVALID", '"--port" expected 0 to 65535');
  const log = pino({ name: "aggregator" });
  const definition = defineRun(readTerms(path));
  const server = await createServer({ run: definition, store: sqliteStore(textOption(values, "store") ?? `${definition.terms.id}.sqlite`) });
  server.on("joined", ({ isNew }) => log.debug({ isNew }, "client joined"));
  server.on("began", (event) => log.info(event, "round began"));
  server.on("round", ({ round, outcome, invited, accepted, dropped, reason, seconds, ended }) =>
    log.info({ round, outcome, invited, accepted, dropped, reason, seconds, ended }, "round ended"),
  );
  server.on("refused", (event) => log.warn(event, "message refused"));
  server.on("keyholder", (event) => log.info(event, "keyholder"));
  server.on("failed", ({ round, error }) => log.error({ round, code: error instanceof CofactorError ? error.code : "INTERNAL" }, "round failed"));
  const { url } = await server.listen({ port, host: textOption(values, "host") ?? "127.0.0.1", allowedOrigins: listOption(values, "origin") });
  log.info({ url, run: definition.terms.id, serverKey: server.publicKey, published: server.model.round }, "listening");
  await new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
  log.info("closing");
  await server.close();
  return 0;
}

function readTerms(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new CofactorError("CONFIG_INVALID", `the terms file "${path}" cannot be read`, { cause });
  }
  try {
    return parse(text);
  } catch (cause) {
    throw new CofactorError("CONFIG_INVALID", `${path}: expected YAML: ${cause instanceof Error ? cause.message.split("\n")[0] : ""}`, { cause });
  }
}
