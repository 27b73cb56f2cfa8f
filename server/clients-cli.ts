/** `cofactor clients`: the keys of a run's devices, approved, revoked, listed, beside a running server; or brought over before it runs. */
import { type Command, type CommandIo, defineCommand } from "../shared/command/command.ts";
import { CofactorError } from "../shared/errors.ts";
import { toClientId, toRunId } from "../shared/ids.ts";
import { nearest } from "../shared/registry.ts";
import type { EnrolmentStore } from "./enrolment/store.ts";
import { type EnrolmentPlace, importEnrolment, openEnrolment } from "./stores/enrolment.ts";

/** What one action works on. */
interface Work {
  readonly place: EnrolmentPlace;
  readonly keys: readonly string[];
  readonly from: string | undefined;
  readonly io: CommandIo;
}

/** An action, and whether keys or a file are named for it. */
interface Action {
  readonly needs?: "keys" | "from";
  work(work: Work): Promise<void>;
}

const actions: Readonly<Record<string, Action>> = {
  list: { work: list },
  approve: { needs: "keys", work: decide("approved") },
  revoke: { needs: "keys", work: decide("revoked") },
  import: { needs: "from", work: bringOver },
};

/** The subcommand. */
export const command: Command = defineCommand({
  positionals: ["<approve|revoke|list|import>", "[...KEYS]"],
  options: {
    run: { kind: "text", value: "ID", summary: "the run's name" },
    store: { kind: "text", value: "URL", summary: "the server's store: a file, default the run's name with .sqlite, or postgres://..." },
    file: { kind: "text", value: "FILE", summary: "the enrolment file; default: the store's name with .enrolment, or the data base" },
    from: { kind: "text", value: "FILE", summary: "with import: the enrolment file of a server that has ended; its keys and invitations" },
  },
  examples: [
    "cofactor clients list --run films-1 --store films.sqlite",
    "cofactor clients revoke --run films-1 --store films.sqlite -- KEY",
    "cofactor clients import --run films-1 --from films.sqlite.enrolment --store postgres://cofactor@db.example/cofactor",
  ],
  async run({ options, positionals, io }) {
    const [name = "", ...keys] = positionals;
    const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
    if (action === undefined) {
      const hint = nearest(name, Object.keys(actions));
      throw new CofactorError(
        "CONFIG_INVALID",
        `expected ${Object.keys(actions).join(", ")}, got "${name}"${hint === undefined ? "" : `; did you mean "${hint}"?`}`,
      );
    }
    if (options.run === undefined) throw new CofactorError("CONFIG_INVALID", '"--run" is needed');
    for (const [need, isGiven, what] of [
      ["keys", keys.length > 0, "keys"],
      ["from", options.from !== undefined, '"--from"'],
    ] as const) {
      if ((action.needs === need) === isGiven) continue;
      throw new CofactorError("CONFIG_INVALID", `"${name}" expected ${isGiven ? `no ${what}` : what}`);
    }
    for (const key of keys) assertKey(key);
    const place = { run: toRunId(options.run), store: options.store, file: options.file };
    await action.work({ place, keys, from: options.from, io });
    return 0;
  },
});

async function list({ place, io }: Work): Promise<void> {
  await withEnrolment(place, async (store) => {
    for (const { client, standing, atMs } of await store.list(place.run)) {
      io.out(`${client}  ${standing.padEnd(8)}  ${new Date(atMs).toISOString()}\n`);
    }
    const { open, redeemed, expired } = await store.countInvitations(place.run, Date.now());
    io.err(`invitations: ${open} open, ${redeemed} redeemed, ${expired} expired\n`);
  });
}

function decide(standing: "approved" | "revoked"): (work: Work) => Promise<void> {
  return ({ place, keys, io }) =>
    withEnrolment(place, async (store) => {
      for (const key of keys) {
        await store.decide(place.run, key, standing, Date.now());
        io.out(`${key}  ${standing}\n`);
      }
    });
}

async function bringOver({ place, from = "", io }: Work): Promise<void> {
  const { clients, invitations, holds } = await importEnrolment(from, place);
  io.err(`took in ${clients.length} keys${holds ? ` and ${invitations.length} invitations` : ""}; "${from}" holds no more: move it away\n`);
  if (!holds) io.err("its invitations do not hold: another key signs them here; make new ones with cofactor invite\n");
}

async function withEnrolment(place: EnrolmentPlace, work: (store: EnrolmentStore) => Promise<void>): Promise<void> {
  const store = await openEnrolment(place);
  try {
    await work(store);
  } finally {
    await store.close();
  }
}

function assertKey(key: string): void {
  try {
    toClientId(key);
  } catch {
    throw new CofactorError("CONFIG_INVALID", `expected public keys of devices, 43 characters each, got "${key.slice(0, 60)}"`);
  }
}
