/** `cofactor clients`: the keys of a run's devices, approved, revoked, listed. Works beside a running server. */
import { type Command, type CommandIo, defineCommand } from "../shared/command/command.ts";
import { CofactorError } from "../shared/errors.ts";
import { toClientId, toRunId } from "../shared/ids.ts";
import { nearest } from "../shared/registry.ts";
import type { EnrolmentStore } from "./enrolment/store.ts";
import { openEnrolment } from "./stores/enrolment.ts";

interface Work {
  readonly store: EnrolmentStore;
  readonly run: string;
  readonly keys: readonly string[];
  readonly io: CommandIo;
}

const actions: Readonly<Record<string, (work: Work) => Promise<void>>> = { list, approve: decide("approved"), revoke: decide("revoked") };

/** The subcommand. */
export const command: Command = defineCommand({
  positionals: ["<approve|revoke|list>", "[...KEYS]"],
  options: {
    run: { kind: "text", value: "ID", summary: "the run's name" },
    store: { kind: "text", value: "URL", summary: "the server's store: a file, default the run's name with .sqlite, or postgres://..." },
    file: { kind: "text", value: "FILE", summary: "the enrolment file; default: the store's name with .enrolment, or the data base" },
  },
  examples: [
    "cofactor clients list --run films-1 --store films.sqlite",
    "cofactor clients revoke --run films-1 --store films.sqlite -- KEY",
  ],
  async run({ options, positionals, io }) {
    const [action = "", ...keys] = positionals;
    const work = Object.hasOwn(actions, action) ? actions[action] : undefined;
    if (work === undefined) {
      const hint = nearest(action, Object.keys(actions));
      throw new CofactorError(
        "CONFIG_INVALID",
        `expected approve, revoke or list, got "${action}"${hint === undefined ? "" : `; did you mean "${hint}"?`}`,
      );
    }
    if (options.run === undefined) throw new CofactorError("CONFIG_INVALID", '"--run" is needed');
    if ((action === "list") !== (keys.length === 0)) {
      throw new CofactorError("CONFIG_INVALID", action === "list" ? '"list" expected no keys' : `"${action}" expected keys`);
    }
    for (const key of keys) assertKey(key);
    const run = toRunId(options.run);
    const store = await openEnrolment({ run, store: options.store, file: options.file });
    try {
      await work({ store, run, keys, io });
    } finally {
      await store.close();
    }
    return 0;
  },
});

async function list({ store, run, io }: Work): Promise<void> {
  for (const { client, standing, atMs } of await store.list(run)) {
    io.out(`${client}  ${standing.padEnd(8)}  ${new Date(atMs).toISOString()}\n`);
  }
  const { open, redeemed, expired } = await store.countInvitations(run, Date.now());
  io.err(`invitations: ${open} open, ${redeemed} redeemed, ${expired} expired\n`);
}

function decide(standing: "approved" | "revoked"): (work: Work) => Promise<void> {
  return async ({ store, run, keys, io }) => {
    for (const key of keys) {
      await store.decide(run, key, standing, Date.now());
      io.out(`${key}  ${standing}\n`);
    }
  };
}

function assertKey(key: string): void {
  try {
    toClientId(key);
  } catch {
    throw new CofactorError("CONFIG_INVALID", `expected public keys of devices, 43 characters each, got "${key.slice(0, 60)}"`);
  }
}
