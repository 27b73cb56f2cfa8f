/** `cofactor keyholder`: the process that opens sums. Reconnects until it is ended. */
import { setTimeout as sleep } from "node:timers/promises";
import pino from "pino";
import { type Command, type CommandValues, textOption } from "../shared/command.ts";
import { opensslPower } from "../shared/crypto/paillier/openssl-power.node.ts";
import { CofactorError, isCofactorError } from "../shared/errors.ts";
import { protections } from "../shared/protections/index.ts";
import { resolveSection } from "../shared/registry.ts";
import { connectSocket } from "./connect.ts";
import { openKeyFile } from "./key-file.ts";
import { fileRecord, serveKeyholder } from "./keyholder.ts";
import { readPassphrase } from "./passphrase.ts";

/** The subcommand. */
export const command: Command = {
  usage: "keyholder",
  summary: "Holds the private key and opens one sum for each round of a run, for an aggregator that cannot.",
  positionals: 0,
  options: {
    key: { type: "string", value: "FILE", help: "the key file, as keys deal writes it" },
    server: { type: "string", value: "URL", help: "the aggregator" },
    run: { type: "string", value: "ID", help: "the run's name" },
    record: { type: "string", value: "FILE", help: "which rounds were opened; default: the key file's name with .opened" },
    "server-key": { type: "string", value: "KEY", help: "the aggregator's public key, when it is known" },
    "passphrase-file": { type: "string", value: "FILE", help: "where the passphrase is; else COFACTOR_PASSPHRASE" },
  },
  examples: ["cofactor keyholder --key holder.key --server https://aggregator.example --run wines-1 --passphrase-file secret.txt"],
  run,
};

async function run(_positionals: readonly string[], values: CommandValues): Promise<number> {
  const required = (name: string): string => {
    const value = textOption(values, name);
    if (value === undefined) throw new CofactorError("CONFIG_INVALID", `"--${name}" is needed`);
    return value;
  };
  const key = required("key");
  const runId = required("run");
  const url = required("server");
  const log = pino({ name: "keyholder" });
  const { identity, secret } = await openKeyFile(key, readPassphrase(textOption(values, "passphrase-file")));
  const record = fileRecord(textOption(values, "record") ?? `${key}.opened`);
  const serverKey = textOption(values, "server-key");
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
  while (!stop.signal.aborted) {
    try {
      const { channel, run: joined } = await serveKeyholder({
        connect: connectSocket(url),
        run: runId,
        identity,
        record,
        createOpener(terms) {
          const { definition, options } = resolveSection(protections, { ...terms.terms.protection }, "protection");
          if (definition.createOpener === undefined) throw new CofactorError("CONFIG_INVALID", `protection "${definition.kind}" needs no keyholder`);
          return definition.createOpener(options, secret, opensslPower);
        },
        ...(serverKey === undefined ? {} : { serverKey }),
      });
      log.info({ run: joined.terms.id }, "joined");
      await new Promise<void>((resolve) => {
        channel.onClose(() => resolve());
        stop.signal.addEventListener("abort", () => channel.close("ended by its operator"));
      });
      log.info("disconnected");
    } catch (error) {
      if (!isCofactorError(error) || !error.retryable) throw error;
      log.warn({ code: error.code }, "the aggregator cannot be reached");
    }
    await sleep(1_000, undefined, { signal: stop.signal }).catch(() => undefined);
  }
  return 0;
}
