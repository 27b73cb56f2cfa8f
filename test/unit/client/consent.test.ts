/** The check of signed terms against what a user accepts. */
import { describe, expect, it } from "vitest";
import { type Acceptance, checkTerms, type Pin } from "../../../client/consent.ts";
import { toBase64url, toUtf8 } from "../../../shared/crypto/encoding.ts";
import { createIdentity, type Identity, sign } from "../../../shared/crypto/identity.ts";
import { defineRun } from "../../../shared/define-run.ts";
import { secureRng } from "../../../shared/random.ts";
import { canonicalJson } from "../../../shared/terms.ts";
import type { AnswerHeader } from "../../../shared/wire/messages.ts";
import { openTerms } from "../../support/client-world.ts";
import { privateRun } from "../../support/private-terms.ts";

const server = createIdentity(secureRng);
const accept: Acceptance = { protections: ["open"] };

function hello(terms: object | string = openTerms, signer: Identity = server): AnswerHeader<"hello"> {
  const text = typeof terms === "string" ? terms : canonicalJson(defineRun(terms).terms);
  const termsSignature = toBase64url(sign(signer, "terms", toUtf8(text)));
  return { protocol: 1, terms: text, termsSignature, serverKey: signer.id, challenge: toBase64url(new Uint8Array(32)) };
}

async function refusal(from: AnswerHeader<"hello">, accepted: Acceptance = accept, pinned?: Pin): Promise<string> {
  const error: { code?: string; message: string } = await checkTerms(openTerms.id, from, accepted, pinned).then(
    () => ({ message: "accepted" }),
    (failure: { code: string; message: string }) => failure,
  );
  return `${error.code ?? ""} ${error.message}`;
}

describe("checkTerms", () => {
  it("gives the run that was signed, and what to remember of it", async () => {
    const { run, pin } = await checkTerms(openTerms.id, hello(), accept, undefined);
    expect(run.terms).toEqual(defineRun(openTerms).terms);
    expect(pin.serverKey).toBe(server.id);
    expect((await checkTerms(openTerms.id, hello(), accept, pin)).pin).toEqual(pin);
  });

  it("refuses by default a run whose aggregator reads contributions, and says how to accept it", async () => {
    expect(await refusal(hello(), {})).toMatch(/^TERMS_REFUSED .*protection "open".*accept\.protections/);
  });

  it("accepts that devices judge the model, unless the user does not, and says what would be told", async () => {
    const judged = hello({ ...openTerms, evaluation: { metrics: ["hr@5"] } });
    expect(await refusal(judged)).toBe(" accepted");
    expect(await refusal(judged, { ...accept, evaluation: false })).toMatch(/^TERMS_REFUSED .*hr@5.*accept\.evaluation/);
    expect(await refusal(hello(), { ...accept, evaluation: false })).toBe(" accepted");
  });

  it("refuses a record of what devices were worth, unless the user accepts it, and says what is kept", async () => {
    const rewarded = hello({ ...openTerms, evaluation: { metrics: ["hr@5"] }, rewards: { division: { kind: "fitted" } } });
    expect(await refusal(rewarded)).toMatch(/^TERMS_REFUSED .*worth in hr@5 \(fitted\).*accept\.rewards/);
    expect(await refusal(rewarded, { ...accept, rewards: false })).toMatch(/^TERMS_REFUSED/);
    expect(await refusal(rewarded, { ...accept, rewards: true })).toBe(" accepted");
  });

  it("refuses a signature of another key, for another purpose, or of other bytes", async () => {
    const genuine = hello();
    expect(await refusal({ ...genuine, serverKey: createIdentity(secureRng).id })).toMatch(/^AUTH_FAILED .*not signed/);
    const purpose = toBase64url(sign(server, "join", toUtf8(genuine.terms)));
    expect(await refusal({ ...genuine, termsSignature: purpose })).toMatch(/^AUTH_FAILED/);
    expect(await refusal({ ...genuine, terms: genuine.terms.replace('"rounds":2', '"rounds":9') })).toMatch(/^AUTH_FAILED/);
  });

  it("refuses another key than the app ships or the device met first, and follows the app when it ships a new one", async () => {
    const { pin } = await checkTerms(openTerms.id, hello(), accept, undefined);
    const other = createIdentity(secureRng);
    expect(await refusal(hello(openTerms, other), accept, pin)).toMatch(/^AUTH_FAILED .*met first/);
    expect(await refusal(hello(), { ...accept, serverKey: other.id })).toMatch(/^AUTH_FAILED .*accept\.serverKey/);
    expect(await refusal(hello(openTerms, other), { ...accept, serverKey: other.id }, pin)).toBe(" accepted");
  });

  it("refuses terms that changed since the first visit, even for the better", async () => {
    const { pin } = await checkTerms(openTerms.id, hello(), accept, undefined);
    expect(await refusal(hello({ ...openTerms, rounds: 1 }), accept, pin)).toMatch(/^TERMS_REFUSED .*changed/);
  });

  it.each<[string, object, Acceptance, RegExp]>([
    ["sums over too few", openTerms, { minCohort: 3 }, /as few as 2.*accept\.minCohort/],
    ["sums over one device, by default", { ...openTerms, cohort: { size: 2, min: 1 } }, {}, /as few as 1/],
    [
      "more groups than accepted",
      { ...openTerms, cohort: { size: 6, min: 2, groups: 3 }, aggregation: { kind: "median" } },
      { maxGroups: 2 },
      /3 sums a round, one a group.*median.*at most 2 groups.*accept\.maxGroups/,
    ],
    ["another model", openTerms, { models: ["als", "bpr"] }, /model "fcf"; accepted: als, bpr/],
    ["too many rounds", openTerms, { maxRounds: 1 }, /2 rounds; accepted: at most 1/],
    ["another protection than named", openTerms, { protections: ["masks"] }, /protection "open"; accepted: masks/],
    ["no protection, accepted by nobody", openTerms, { protections: [] }, /protection "open"/],
  ])("refuses %s", async (_what, terms, more, reason) => {
    const refused = await refusal(hello(terms), { ...accept, ...more });
    expect(refused).toMatch(/^TERMS_REFUSED/);
    expect(refused).toMatch(reason);
  });

  it("refuses the terms of another run", async () => {
    expect(await refusal(hello({ ...openTerms, id: "other" }))).toMatch(/^TERMS_REFUSED .*another run/);
  });

  it("refuses signed text that is no JSON, no terms, names what this version does not know, or leaves its defaults to the reader", async () => {
    expect(await refusal(hello("hello"))).toMatch(/^TERMS_REFUSED .*no JSON/);
    expect(await refusal(hello("[]"))).toMatch(/^TERMS_REFUSED/);
    expect(await refusal(hello(canonicalJson({ ...defineRun(openTerms).terms, protection: { kind: "trust-me" } })))).toMatch(
      /^TERMS_REFUSED .*trust-me/,
    );
    expect(await refusal(hello(canonicalJson(openTerms)))).toMatch(/^TERMS_REFUSED .*canonical/);
    expect(await refusal(hello(JSON.stringify(defineRun(openTerms).terms, undefined, 1)))).toMatch(/^TERMS_REFUSED .*canonical/);
  });

  it("refuses another version of the protocol", async () => {
    expect(await refusal({ ...hello(), protocol: 2 })).toMatch(/^PROTOCOL_UNSUPPORTED/);
  });
});

describe("a run that promises privacy", () => {
  const terms = async (changes: object = {}): Promise<string> => {
    const { terms: planned } = await privateRun();
    return canonicalJson({ ...planned, privacy: { ...planned.privacy!, ...changes } });
  };

  it("is accepted when the device's own sum of its plan comes to what it promises", async () => {
    const { run } = await checkTerms(openTerms.id, hello(await terms()), accept, undefined);
    expect(run.terms.privacy?.epsilon).toBe(4);
  });

  it("is refused when its noise gives another epsilon than it states, naming both", async () => {
    const { noiseMultiplier } = (await privateRun()).terms.privacy!;
    const tooQuiet = await terms({ noiseMultiplier: noiseMultiplier / 2 });
    expect(await refusal(hello(tooQuiet))).toMatch(/^TERMS_REFUSED .*epsilon 4 at delta 0\.00001, and their noise gives \d+\.\d+/);
    expect(await refusal(hello(await terms({ epsilon: 3.9 })))).toMatch(/^TERMS_REFUSED .*epsilon 3\.9 /);
  });

  it("is refused when its delta lets one device of a cohort be shown whole", async () => {
    expect(await refusal(hello(await terms({ delta: 0.9 })))).toMatch(/^TERMS_REFUSED .*delta.*at most/);
  });

  it.each<[string, Acceptance, RegExp]>([
    [
      "a greater epsilon than the user's",
      { maxEpsilon: 3.5 },
      /epsilon 4; accepted: at most 3\.5\. To accept it, raise accept\.maxEpsilon/,
    ],
    [
      "a greater delta than the user's",
      { maxDelta: 1e-6 },
      /delta 0\.00001; accepted: at most 0\.000001\. To accept it, raise accept\.maxDelta/,
    ],
    ["an epsilon compared with none", { maxEpsilon: Number.NaN }, /at most NaN/],
  ])("is refused for %s", async (_what, more, reason) => {
    const refused = await refusal(hello(await terms()), { ...accept, ...more });
    expect(refused).toMatch(/^TERMS_REFUSED/);
    expect(refused).toMatch(reason);
  });

  it("is accepted at the user's limits, and joined whatever the budget has left: rounds are what it stands in the way of", async () => {
    const limits: Acceptance = { ...accept, maxEpsilon: 4, maxDelta: 1e-5, budget: { epsilon: 0, delta: 0 } };
    expect(await refusal(hello(await terms()), limits)).toBe(" accepted");
  });
});

describe("a run that promises no privacy", () => {
  it.each<[string, Acceptance, string]>([
    ["is accepted by default", {}, " accepted"],
    ["is refused where a promise is required", { requirePrivacy: true }, "TERMS_REFUSED"],
    ["is refused where an epsilon is limited", { maxEpsilon: 9 }, "TERMS_REFUSED"],
    ["is refused where a delta is limited", { maxDelta: 0.1 }, "TERMS_REFUSED"],
    ["is refused where there is a budget over all runs", { budget: { epsilon: 9, delta: 0.1 } }, "TERMS_REFUSED"],
    ["is accepted beside a budget when the user says so", { budget: { epsilon: 9, delta: 0.1 }, requirePrivacy: false }, " accepted"],
  ])("%s", async (_what, more, outcome) => {
    const refused = await refusal(hello(), { ...accept, ...more });
    expect(refused.startsWith(outcome)).toBe(true);
    if (outcome === "TERMS_REFUSED") expect(refused).toMatch(/set accept\.requirePrivacy to false/);
  });
});
