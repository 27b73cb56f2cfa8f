/** `cofactor serve`: an aggregator for one run. */
import { readFileSync } from "node:fs";
import pino from "pino";
import { parse } from "yaml";
import { type Command, defineCommand } from "../shared/command/command.ts";
import { CofactorError, isCofactorError } from "../shared/errors.ts";
import { planRun } from "../shared/plan-run.ts";
import { createPrivacyAccount } from "../shared/privacy-account.ts";
import type { Run } from "../shared/run.ts";
import { parseTerms } from "../shared/terms.ts";
import { readItemFeatures } from "./item-features.ts";
import { createServer, type Server } from "./server.ts";
import { openStore } from "./stores/index.ts";

/** The subcommand. */
export const command: Command = defineCommand({
  positionals: ["[TERMS.yaml]"],
  options: {
    port: { kind: "number", value: "N", summary: "0 for a free one", default: 8080 },
    host: { kind: "text", value: "ADDRESS", summary: "by default reached from this machine only", default: "127.0.0.1" },
    store: {
      kind: "text",
      value: "URL",
      summary: "an SQLite file, or postgres://USER:PASSWORD@HOST/DATABASE; default: the run's name with .sqlite",
    },
    items: {
      kind: "text",
      value: "FILE",
      summary: "under terms with a catalogue: names of items, one a line; read again on SIGHUP: new ones come, missing ones go",
    },
    "item-features": {
      kind: "text",
      value: "FILE",
      summary: "public features of the items, for a model that begins with them or learns from them: .csv, .npy or .jsonl",
    },
    origin: { kind: "list", value: "ORIGIN", summary: "an origin whose pages may connect" },
  },
  examples: ["cofactor serve wines.yaml --port 8080 --store wines.sqlite --origin https://shop.example"],
  async run({ options, positionals, io }) {
    const { port, host, origin } = options;
    if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new CofactorError("CONFIG_INVALID", '"--port" expected 0 to 65535');
    const [path] = positionals;
    if (path === undefined) throw new CofactorError("CONFIG_INVALID", "the argument <TERMS.yaml> is missing");
    const log = pino({ name: "aggregator" });
    const terms = readTerms(path);
    const features = options["item-features"];
    const run = await planRun(terms, features === undefined ? {} : { itemFeatures: readItemFeatures(features, parseTerms(terms).items) });
    logPlan(run, log);
    const names = options.items === undefined ? undefined : readNames(options.items);
    const store = await openStore(options.store ?? `${run.terms.id}.sqlite`);
    const server = await createServer({ run, store, ...(names === undefined ? {} : { items: names }) });
    logEvents(server, log);
    if (options.items !== undefined) await keepItems(server, options.items, log);
    const { url } = await server.listen({ port, host, allowedOrigins: origin });
    log.info({ url, run: run.terms.id, serverKey: server.publicKey, published: server.model.round }, "listening");
    await new Promise<void>((resolve) => {
      if (io.signal.aborted) resolve();
      io.signal.addEventListener("abort", () => resolve());
    });
    log.info("closing");
    await server.close();
    return 0;
  },
});

/** What the terms promise, the noise it takes, and what all rounds come to for each observer; null where nothing is proved against one. */
function logPlan(run: Run, log: pino.Logger): void {
  const { privacy, rounds } = run.terms;
  if (privacy === undefined) return;
  const { mechanism, epsilon, delta, noiseMultiplier, participation } = privacy;
  const planned = createPrivacyAccount(run, { log: [] }).after(rounds).epsilon;
  log.info({ mechanism: mechanism.kind, epsilon, delta, noiseMultiplier, participation, rounds, planned }, "privacy planned");
}

/** Logs what happens: public facts alone, no client, no number of a contribution. */
function logEvents(server: Server, log: pino.Logger): void {
  server.on("joined", ({ isNew }) => log.debug({ isNew }, "client joined"));
  server.on("began", (event) => log.info(event, "round began"));
  server.on("round", ({ round, outcome, invited, accepted, dropped, reason, seconds, ended, epsilon, quality }) =>
    log.info({ round, outcome, invited, accepted, dropped, reason, seconds, ended, epsilon, quality }, "round ended"),
  );
  server.on("starved", (event) => log.warn(event, "too few of the connected devices may take part in further rounds: waiting for others"));
  server.on("refused", (event) => log.warn(event, "message refused"));
  server.on("keyholder", (event) => log.info(event, "keyholder"));
  server.on("declined", (event) => log.warn(event, "a keyholder refused"));
  server.on("spoiled", ({ error, ...event }) =>
    log.warn({ ...event, code: isCofactorError(error) ? error.code : "INTERNAL" }, "a group's sum could not be had"),
  );
  server.on("blamed", (event) => log.warn(event, "a keyholder is to blame"));
  server.on("internal", ({ error }) =>
    log.error({ name: error instanceof Error ? error.name : "unknown" }, "a connection failed unexpectedly"),
  );
  server.on("failed", ({ round, error }) => log.error({ round, code: isCofactorError(error) ? error.code : "INTERNAL" }, "round failed"));
}

/** Has a server follow a file of names: now, since the store may be older than the file, and whenever it is told to read it again. */
async function keepItems(server: Server, path: string, log: pino.Logger): Promise<void> {
  const follow = async (): Promise<void> => {
    try {
      const names = readNames(path);
      await server.setItems(names);
      log.info({ items: names.length }, "items read: changes come with the next published model");
    } catch (error) {
      log.error({ code: isCofactorError(error) ? error.code : "INTERNAL" }, "the file of items was not taken: the items stay as they are");
    }
  };
  process.on("SIGHUP", () => void follow());
  await follow();
}

/** The lines of a file that are not empty. @throws CofactorError DATA_INVALID when it cannot be read */
function readNames(path: string): string[] {
  try {
    const text = readFileSync(path, "utf8").replace(/^\uFEFF/, "");
    return text.split(/\r?\n/).filter((line) => line !== "");
  } catch (cause) {
    throw new CofactorError("DATA_INVALID", `the file of items "${path}" cannot be read`, { cause });
  }
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
    throw new CofactorError("CONFIG_INVALID", `${path}: expected YAML: ${cause instanceof Error ? cause.message.split("\n")[0] : ""}`, {
      cause,
    });
  }
}
