/** `cofactor serve`: an aggregator for one run. */
import pino from "pino";
import { stringify } from "yaml";
import { type Command, type CommandIo, defineCommand, type ExitCode } from "../shared/command/command.ts";
import { CofactorError } from "../shared/errors.ts";
import { planRun } from "../shared/plan-run.ts";
import { parseTerms } from "../shared/terms.ts";
import { readItemFeatures } from "./item-features.ts";
import { readNames, readTerms, readTls } from "./serve-files.ts";
import { logEvents, logPlan } from "./serve-log.ts";
import { openDesk, startOf } from "./serve-opened.ts";
import { Reload } from "./serve-reload.ts";
import type { Started } from "./serve-started.ts";
import { createServer, type Server } from "./server.ts";
import { type Settings, shownSettings } from "./settings.ts";
import { resolveSettings, variablePrefix } from "./settings-sources.ts";
import { openStore } from "./stores/index.ts";

/** The subcommand. */
export const command: Command = defineCommand({
  positionals: ["[TERMS.yaml]"],
  options: {
    config: { kind: "text", value: "FILE", summary: `settings in YAML; ${variablePrefix}... and the options below go before it` },
    port: { kind: "number", value: "N", summary: "0 for a free one; default 8080" },
    host: { kind: "text", value: "ADDRESS", summary: "default 127.0.0.1: reached from this machine only" },
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
    role: {
      kind: "text",
      value: "ROLE",
      summary:
        "single, the default; or of several servers on one PostgreSQL: gateway, to which devices come, or coordinator, of which one leads",
    },
    redis: { kind: "text", value: "URL", summary: "with --role: redis://HOST, where coordinators agree on who leads" },
    origin: { kind: "list", value: "ORIGIN", summary: "an origin whose pages may connect" },
    set: { kind: "list", value: "PATH=VALUE", summary: "any other setting, for example enrolment.kind=invitation or log.level=debug" },
    "print-config": { kind: "flag", summary: "prints the settings that all this comes to, secrets masked, and ends" },
  },
  examples: [
    "cofactor serve wines.yaml --port 8080 --store wines.sqlite --origin https://shop.example",
    "cofactor serve wines.yaml --role gateway --redis redis://redis.example --store postgres://cofactor@db.example/cofactor --port 8080",
    "cofactor serve wines.yaml --config serve.yaml --set limits.maxConnections=5000 --print-config",
  ],
  exits: [
    {
      code: 3,
      errors: ["STORE_FAILED"],
      summary:
        "the store cannot be read or written: see to the disk and to other servers on it, then start again; nothing acknowledged is lost",
    },
    {
      code: 4,
      errors: ["LEDGER_CORRUPT"],
      summary: "the record of spent privacy breaks the promise: restore the store whole or begin a run under a new name; no restart helps",
    },
    {
      code: 5,
      errors: ["UNAVAILABLE"],
      summary: "the address cannot be listened on: end what uses it, or choose another --port or --host",
    },
  ],
  async run({ options, positionals, io }) {
    const flags = new Map<string, unknown>([
      ["terms", positionals[0]],
      ["listen.port", options.port],
      ["listen.host", options.host],
      ["store", options.store],
      ["items", options.items],
      ["cluster.role", options.role],
      ["cluster.redis", options.redis],
      ["itemFeatures", options["item-features"]],
      ["listen.allowedOrigins", options.origin.length === 0 ? undefined : options.origin],
    ]);
    const settings = resolveSettings({ flags, set: options.set, environment: process.env, file: options.config });
    if (options["print-config"]) {
      io.out(stringify(shownSettings(settings)));
      return 0;
    }
    return serve(settings, io);
  },
});

async function serve(settings: Settings, io: CommandIo): Promise<ExitCode> {
  const log = pino({ name: "aggregator", level: settings.log.level });
  if (settings.terms === undefined) throw new CofactorError("CONFIG_INVALID", "the argument <TERMS.yaml> is missing");
  const terms = readTerms(settings.terms);
  const tls = readTls(settings.listen.tls);
  const { itemFeatures } = settings;
  const run = await planRun(
    terms,
    itemFeatures === undefined ? {} : { itemFeatures: readItemFeatures(itemFeatures, parseTerms(terms).items) },
  );
  logPlan(run, log);
  const names = settings.items === undefined ? undefined : readNames(settings.items);
  const { endpoint, serviceName } = settings.tracing;
  const tracing = endpoint === undefined ? undefined : await (await import("./open-telemetry.ts")).openTelemetry({ endpoint, serviceName });
  const started = { settings, run, tls, names, log, signal: io.signal, tracer: tracing?.tracer, reload: new Reload(settings, log) };
  try {
    if (settings.cluster.role === "single") return await serveSingle(started);
    const { serveMember } = await import("./cluster/serve.ts");
    return await serveMember(started);
  } finally {
    await tracing?.close();
  }
}

async function serveSingle(started: Started): Promise<ExitCode> {
  const { settings, run, tls, names, log, signal, tracer, reload } = started;
  const server = await startOf(async (keep) =>
    createServer({
      run,
      store: keep(await openStore(settings.store ?? `${run.terms.id}.sqlite`)),
      enrolment: keep(await openDesk(started)),
      ...settings.limits,
      consoleToken: settings.console.token,
      tracer,
      ...(names === undefined ? {} : { items: names }),
    }),
  );
  logEvents(server, log);
  await reload.keepItems(server);
  const ending = untilEnded(server, signal);
  try {
    const listener = await server.listen({ ...settings.limits, ...settings.listen, tls });
    reload.keepCertificate(listener);
    log.info({ url: listener.url, run: run.terms.id, serverKey: server.publicKey, published: server.model.round }, "listening");
    const failure = await ending;
    if (failure !== undefined) throw failure;
    log.info("draining");
    const { openRound } = await server.drain(settings.shutdown);
    if (openRound !== undefined) log.warn({ round: openRound }, "the open round is left for the next start on this store to go on with");
    log.info("closing");
  } finally {
    await server.close();
  }
  return 0;
}

/** Waits for the operator, or for a failure that ends the run's driving: that is returned. */
function untilEnded(server: Server, signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener("abort", () => resolve(undefined), { once: true });
    server.on("failed", ({ error }) => server.hasFailed && resolve(error));
  });
}
