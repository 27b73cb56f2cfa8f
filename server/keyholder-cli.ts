/** `cofactor keyholder`: the process that opens sums. Reconnects until it is ended. */
import { setTimeout as sleep } from "node:timers/promises";
import pino, { type Logger } from "pino";
import { type Command, defineCommand } from "../shared/command/command.ts";
import { type PeerTls, peerTlsOptions, readPeerTls } from "../shared/command/peer-tls.node.ts";
import type { Identity } from "../shared/crypto/identity.ts";
import { CofactorError, isCofactorError } from "../shared/errors.ts";
import { protections } from "../shared/protections/index.ts";
import { nodeKeyholderTools } from "../shared/protections/keyholder-tools.node.ts";
import { resolveSection } from "../shared/registry.ts";
import { connectorOver } from "../shared/transport.ts";
import { connectSocket } from "./connect.ts";
import { openKeyFile } from "./key-file.ts";
import { Keyholder } from "./keyholder.ts";
import type { KeyholderEvent } from "./keyholder-desk.ts";
import { fileRecord, type KeyholderRecord } from "./keyholder-record.ts";
import { readPassphrase } from "./passphrase.ts";

/** The subcommand. */
export const command: Command = defineCommand({
  options: {
    key: { kind: "text", value: "FILE", summary: "the key file, as keys deal writes it" },
    server: { kind: "list", value: "URL", summary: "the aggregator; several coordinators of one run: whichever leads is served" },
    run: { kind: "text", value: "ID", summary: "the run's name" },
    record: {
      kind: "text",
      value: "FILE",
      summary: "which rounds were opened, to be kept with the key; default: the key file's name with .opened",
    },
    "server-key": { kind: "text", value: "KEY", summary: "the aggregator's public key, when it is known" },
    ...peerTlsOptions,
    "passphrase-file": { kind: "text", value: "FILE", summary: "where the passphrase is; else the variable COFACTOR_PASSPHRASE" },
  },
  examples: ["cofactor keyholder --key holder.key --server https://aggregator.example --run wines-1 --passphrase-file secret.txt"],
  async run({ options, io }) {
    const { key, server: urls, run: runId } = options;
    if (key === undefined || urls.length === 0 || runId === undefined) {
      throw new CofactorError("CONFIG_INVALID", '"--key", "--server" and "--run" are needed');
    }
    const { identity, secret } = await openKeyFile(key, readPassphrase(options["passphrase-file"]));
    const record = fileRecord(options.record ?? `${key}.opened`);
    try {
      await serveForever({
        urls,
        tls: readPeerTls(options),
        runId,
        identity,
        secret,
        record,
        serverKey: options["server-key"],
        signal: io.signal,
      });
    } finally {
      record.close();
    }
    return 0;
  },
});

interface Duty {
  readonly urls: readonly string[];
  readonly tls: PeerTls;
  readonly runId: string;
  readonly identity: Identity;
  readonly secret: string;
  readonly record: KeyholderRecord;
  readonly serverKey: string | undefined;
  readonly signal: AbortSignal;
}

/** Serves until it is told to end; an aggregator that is away is tried again every second. */
async function serveForever({ urls, tls, runId, identity, secret, record, serverKey, signal }: Duty): Promise<void> {
  const log = pino({ name: "keyholder" });
  const keyholder = new Keyholder({
    connect: connectorOver(
      urls.map((url) => connectSocket(url, tls)),
      0,
    ),
    run: runId,
    identity,
    record,
    createKeyholder(ready) {
      const { definition, options } = resolveSection(protections, { ...ready.terms.protection }, "protection");
      if (definition.createKeyholder === undefined)
        throw new CofactorError("CONFIG_INVALID", `protection "${definition.kind}" needs no keyholder`);
      return definition.createKeyholder(options, secret, nodeKeyholderTools);
    },
    onEvent: (event) => logEvent(log, event),
    ...(serverKey === undefined ? {} : { serverKey }),
  });
  while (!signal.aborted) {
    try {
      const { channel, run: joined } = await keyholder.join();
      log.info({ run: joined.terms.id }, "joined");
      await new Promise<void>((resolve) => {
        const end = (): void => channel.close("ended by its operator");
        channel.onClose(() => {
          signal.removeEventListener("abort", end);
          resolve();
        });
        signal.addEventListener("abort", end);
        if (signal.aborted) end();
      });
      log.info("disconnected");
    } catch (error) {
      if (!isCofactorError(error) || !error.retryable) throw error;
      log.warn({ code: error.code }, "the aggregator cannot be reached");
    }
    await sleep(1_000, undefined, { signal }).catch(() => undefined);
  }
}

/** Counts and codes: nobody's name. */
function logEvent(log: Logger, event: KeyholderEvent): void {
  if (event.kind === "opened") log.info({ round: event.round, contributors: event.contributors }, "opened");
  else log.warn({ code: event.code }, "refused");
}
