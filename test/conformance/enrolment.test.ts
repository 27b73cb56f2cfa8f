/** Every enrolment policy against one suite. */
import { describe, expect, it } from "vitest";
import { createInvitation, EnrolmentDesk, type EnrolmentStore, enrolmentPolicies, memoryEnrolment } from "../../server/index.ts";
import { createIdentity, identityFromSeed } from "../../shared/crypto/identity.ts";
import { secureRng } from "../../shared/random.ts";

const run = "films-1";
const key = (): string => createIdentity(secureRng).id;

/** How each policy is made to let a key in: by what it shows, or by its operator. A new policy is a line here. */
const ways: Readonly<Record<string, (store: EnrolmentStore, client: string, nowMs: number) => Promise<string | undefined>>> = {
  open: async () => undefined,
  invitation: async (store, _client, nowMs) => {
    const inviter = identityFromSeed(await store.inviterSeed(secureRng.bytes(32)));
    const { token, hash } = createInvitation(inviter, run, nowMs + 1_000, secureRng);
    await store.invite(run, [hash], nowMs + 1_000);
    return token;
  },
  approved: async (store, client, nowMs) => {
    await store.decide(run, client, "approved", nowMs);
    return undefined;
  },
};

describe.each(enrolmentPolicies)("the enrolment policy $kind", ({ kind }) => {
  const open = () => {
    const store = memoryEnrolment();
    const time = { nowMs: 1_000_000 };
    return { store, time, desk: new EnrolmentDesk({ policies: enrolmentPolicies, section: { kind }, store, now: () => time.nowMs }) };
  };

  it("lets in whom the operator wants, again without anything shown, and after an invitation's time", async () => {
    const { store, time, desk } = open();
    const client = key();
    const invitation = await ways[kind]!(store, client, time.nowMs);
    await desk.admit({ run, client, invitation });
    time.nowMs += 10_000;
    await desk.admit({ run, client });
  });

  it("refuses everybody else with NOT_ADMITTED, unless it is open", async () => {
    const { desk } = open();
    for (const invitation of [undefined, "", "A".repeat(115), "x".repeat(512), "\u0000"]) {
      const act = desk.admit({ run, client: key(), invitation });
      if (kind === "open") await act;
      else await expect(act).rejects.toMatchObject({ code: "NOT_ADMITTED" });
    }
  });

  it("refuses a revoked key with REVOKED, whatever it shows, until it is approved again", async () => {
    const { store, time, desk } = open();
    const client = key();
    const invitation = await ways[kind]!(store, client, time.nowMs);
    await desk.admit({ run, client, invitation });
    await store.decide(run, client, "revoked", time.nowMs);
    await desk.forget(run, client);
    for (const shown of [invitation, await ways["invitation"]!(store, client, time.nowMs)]) {
      await expect(desk.admit({ run, client, invitation: shown })).rejects.toMatchObject({ code: "REVOKED", retryable: false });
    }
    await store.decide(run, client, "approved", time.nowMs);
    await desk.admit({ run, client });
  });
});

describe("invitations", () => {
  const setUp = async () => {
    const store = memoryEnrolment();
    const time = { nowMs: 1_000 };
    const desk = new EnrolmentDesk({ policies: enrolmentPolicies, section: { kind: "invitation" }, store, now: () => time.nowMs });
    const inviter = identityFromSeed(await store.inviterSeed(secureRng.bytes(32)));
    const made = createInvitation(inviter, run, 2_000, secureRng);
    await store.invite(run, [made.hash], 2_000);
    return { store, time, desk, inviter, made };
  };
  const refused = expect.objectContaining({ code: "NOT_ADMITTED", retryable: false }) as unknown;

  it("hold for one key, in one run, until they expire; every changed character ends them", async () => {
    const { desk, made, time } = await setUp();
    await expect(desk.admit({ run: "films-2", client: key(), invitation: made.token })).rejects.toEqual(refused);
    for (let at = 0; at < made.token.length; at++) {
      // The last character's two low bits are no part of the token.
      const other = made.token[at] === "A" ? "Q" : "A";
      const changed = made.token.slice(0, at) + other + made.token.slice(at + 1);
      await expect(desk.admit({ run, client: key(), invitation: changed }), `character ${at}`).rejects.toEqual(refused);
    }
    time.nowMs = 2_000;
    await expect(desk.admit({ run, client: key(), invitation: made.token })).rejects.toEqual(refused);
    time.nowMs = 1_999;
    await desk.admit({ run, client: key(), invitation: made.token });
    await expect(desk.admit({ run, client: key(), invitation: made.token })).rejects.toEqual(refused);
  });

  it("are refused when the store does not know them, though they are signed", async () => {
    const { desk, inviter } = await setUp();
    const { token } = createInvitation(inviter, run, 2_000, secureRng);
    await expect(desk.admit({ run, client: key(), invitation: token })).rejects.toEqual(refused);
  });

  it("leave in the store a hash and nothing that could be shown", async () => {
    const { store, made } = await setUp();
    expect(made.token).not.toContain(made.hash);
    expect(JSON.stringify(await store.list(run))).not.toContain(made.token.slice(0, 20));
  });
});

describe("a key that waits for its operator", () => {
  it("is told to ask again, and gets in once it is approved", async () => {
    const store = memoryEnrolment();
    const section = { kind: "approved", maxPending: 1, retryAfterMs: 5_000 };
    const desk = new EnrolmentDesk({ policies: enrolmentPolicies, section, store });
    const [a, b] = [key(), key()];
    const later = { code: "NOT_ADMITTED", retryable: true, retryAfterMs: 5_000 };
    await expect(desk.admit({ run, client: a })).rejects.toMatchObject(later);
    await expect(desk.admit({ run, client: b })).rejects.toMatchObject(later);
    expect((await store.list(run)).map(({ client }) => client)).toEqual([a]);
    await store.decide(run, a, "approved", 1);
    await desk.admit({ run, client: a });
    await expect(desk.admit({ run, client: b })).rejects.toMatchObject(later);
    expect((await store.list(run)).map(({ standing }) => standing)).toEqual(["approved", "pending"]);
  });
});
