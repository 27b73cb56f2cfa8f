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
