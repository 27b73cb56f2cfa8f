/** Enrolment in memory: for tests and runs that end with their process. Imports the seam, its contents. */
import type { EnrolmentStore, ListedClient, Standing } from "../enrolment/store.ts";
import { assertNothingKept, holding } from "./enrolment-contents.ts";

interface Kept {
  readonly clients: Map<string, { readonly standing: Standing; readonly atMs: number; readonly seq: number }>;
  readonly invitations: Map<string, { readonly expiresAtMs: number; client: string | undefined }>;
  seq: number;
}

/** An enrolment store that ends with its process. */
export function memoryEnrolment(): EnrolmentStore {
  const runs = new Map<string, Kept>();
  let seed: Uint8Array | undefined;
  const of = (run: string): Kept => {
    const known = runs.get(run) ?? { clients: new Map(), invitations: new Map(), seq: 0 };
    runs.set(run, known);
    return known;
  };
  const set = (run: string, client: string, standing: Standing, atMs: number): void => {
    const kept = of(run);
    kept.clients.delete(client);
    kept.clients.set(client, { standing, atMs, seq: ++kept.seq });
  };
  const listed = (run: string): ListedClient[] => [...of(run).clients].map(([client, { standing, atMs }]) => ({ client, standing, atMs }));
  return {
    inviterSeed: async (fresh) => (seed ??= fresh.slice()).slice(),
    standing: async (run, client) => of(run).clients.get(client)?.standing,
    async propose(run, client, atMs, maxPending) {
      const { clients } = of(run);
      const known = clients.get(client);
      if (known !== undefined) return known.standing;
      if ([...clients.values()].filter(({ standing }) => standing === "pending").length >= maxPending) return undefined;
      set(run, client, "pending", atMs);
      return "pending";
    },
    decide: async (run, client, standing, atMs) => set(run, client, standing, atMs),
    async forget(run, client) {
      const { clients } = of(run);
      if (clients.get(client)?.standing !== "revoked") clients.delete(client);
    },
    list: async (run) => listed(run),
    async revokedSince(run, seq) {
      const kept = of(run);
      const clients = [...kept.clients].filter(([, known]) => known.standing === "revoked" && known.seq > seq).map(([client]) => client);
      return { seq: kept.seq, clients };
    },
    async invite(run, hashes, expiresAtMs) {
      for (const hash of hashes) of(run).invitations.set(hash, { expiresAtMs, client: undefined });
    },
    async redeem(run, hash, client, atMs) {
      const invitation = of(run).invitations.get(hash);
      if (of(run).clients.get(client)?.standing === "revoked") return false;
      if (invitation === undefined || atMs >= invitation.expiresAtMs || (invitation.client ?? client) !== client) return false;
      invitation.client = client;
      set(run, client, "approved", atMs);
      return true;
    },
    async countInvitations(run, atMs) {
      const all = [...of(run).invitations.values()];
      const redeemed = all.filter(({ client }) => client !== undefined).length;
      const open = all.filter(({ client, expiresAtMs }) => client === undefined && atMs < expiresAtMs).length;
      return { open, redeemed, expired: all.length - redeemed - open };
    },
    async contents(run) {
      const invitations = [...of(run).invitations].map(([hash, { expiresAtMs, client }]) => ({
        hash,
        expiresAtMs,
        ...(client === undefined ? {} : { client }),
      }));
      return {
        inviterSeed: seed?.slice(),
        clients: listed(run),
        invitations: invitations.sort((a, b) => (a.hash < b.hash ? -1 : 1)),
      };
    },
    async restore(run, contents) {
      assertNothingKept(run, of(run).clients.size + of(run).invitations.size);
      const invitations = holding(contents, seed);
      seed ??= contents.inviterSeed?.slice();
      for (const { client, standing, atMs } of contents.clients) set(run, client, standing, atMs);
      for (const { hash, expiresAtMs, client } of invitations ?? []) of(run).invitations.set(hash, { expiresAtMs, client });
      return invitations !== undefined;
    },
    close: async () => undefined,
  };
}
