/** `cofactor keys`, `serve` and `keyholder` as an operator runs them: processes, files and a real socket. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { socketConnector } from "../../client/socket.ts";
import { openKeyFile } from "../../server/key-file.ts";
import { nodePrimitives } from "../../shared/crypto/primitives.node.ts";
import { defineRun } from "../../shared/define-run.ts";
import { secureRng } from "../../shared/random.ts";
import { roundFrame } from "../../shared/run.ts";
import { noBytes } from "../../shared/transport.ts";
import { commandsIn, type Running } from "../support/commands.ts";
import { floatBytes, ScriptedClient } from "../support/scripted-client.ts";

const passphrase = "correct horse battery staple";
const folder = mkdtempSync(join(tmpdir(), "cofactor-commands-"));
const keyFile = join(folder, "holder.key");
const passphraseFile = join(folder, "passphrase");

const commands = commandsIn(folder);
const { start, run } = commands;
afterEach(() => commands.end());
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let section = "";

beforeAll(async () => {
  writeFileSync(passphraseFile, `${passphrase}\n`);
  const dealt = await run("keys", "deal", keyFile, "--holders", "1", "--passphrase-file", passphraseFile);
  expect(dealt.err).toContain("open everything");
  expect(dealt.code).toBe(0);
  section = dealt.out;
});

describe("cofactor keys", () => {
  it("deals a key file for its owner alone and prints the section that the terms need, without the secret", async () => {
    const { protection } = parse(section) as { protection: Record<string, unknown> };
    expect(protection).toMatchObject({ kind: "paillier", bits: 2048 });
    expect(() => defineRun({ id: "wines", items: 4, protection })).not.toThrow();
    expect(statSync(keyFile).mode & 0o777).toBe(0o600);
    const { secret, info } = await openKeyFile(keyFile, passphrase);
    expect(info.publicKey).toBe(protection["publicKey"]);
    for (const text of [section, readFileSync(keyFile, "utf8")]) {
      for (const part of secret.match(/[0-9a-f]{64,}/g) ?? [secret]) if (part !== info.publicKey) expect(text).not.toContain(part);
    }
  });

  it("shows the same section again without a passphrase, and verifies with the right one only", async () => {
    expect(await run("keys", "show", keyFile)).toEqual({ code: 0, out: section, err: "" });
    expect((await run("keys", "verify", keyFile, "--passphrase-file", passphraseFile)).code).toBe(0);
    const wrong = join(folder, "wrong");
    writeFileSync(wrong, "not the passphrase");
    const refused = await run("keys", "verify", keyFile, "--passphrase-file", wrong);
    expect(refused).toMatchObject({ code: 1, out: "", err: expect.stringContaining("DECRYPT_FAILED") as string });
  });

  it("writes over no key file, and says what is wrong with a call", async () => {
    const before = readFileSync(keyFile);
    expect(await run("keys", "deal", keyFile, "--holders", "1", "--passphrase-file", passphraseFile)).toMatchObject({
      code: 1,
      err: expect.stringContaining("must not exist") as string,
    });
    expect(readFileSync(keyFile).equals(before)).toBe(true);
    expect(await run("keys", "deal", join(folder, "other.key"))).toMatchObject({
      code: 2,
      err: expect.stringContaining("passphrase") as string,
    });
    for (const wrong of [
      ["--holders", "17"],
      ["--holders", "1", "--threshold", "2"],
      ["--threshold", "4"],
      ["--threshold", "1"],
      ["--bits", "1024"],
    ]) {
      const refused = await run("keys", "deal", join(folder, "other.key"), ...wrong, "--passphrase-file", passphraseFile);
      expect(refused, wrong.join(" ")).toMatchObject({ code: 2, err: expect.stringContaining(`"--`) as string });
    }
    expect((await run("keys", "steal", keyFile)).code).toBe(2);
    expect((await run("keys", "show", passphraseFile)).err).toContain("DATA_INVALID");
  });
});

describe("cofactor keys deal, shared among three", () => {
  const files = [1, 2, 3].map((index) => join(folder, `shared-${index}.key`));
  const words = [1, 2, 3].map((index) => join(folder, `words-${index}`));

  it("writes a file for each holder under the holder's own passphrase, and prints one section that all of them show", async () => {
    for (const [at, path] of words.entries()) writeFileSync(path, `${passphrase} ${at}`);
    const dealt = await run("keys", "deal", join(folder, "shared.key"), "--passphrase-file", words.join(","));
    expect(dealt).toMatchObject({ code: 0, err: expect.stringMatching(/safe prime.*any 2 of them/s) as string });
    const { protection } = parse(dealt.out) as { protection: Record<string, unknown> & { verification: { keys: string[] } } };
    expect(protection).toMatchObject({ kind: "paillier", bits: 2048, threshold: 2, holders: 3 });
    expect(protection.verification.keys).toHaveLength(3);
    expect(new Set(protection["keyholders"] as string[]).size).toBe(3);
    for (const [at, file] of files.entries()) {
      expect(await run("keys", "show", file)).toEqual({ code: 0, out: dealt.out, err: "" });
      const verified = await run("keys", "verify", file, "--passphrase-file", words[at]!);
      expect(verified).toMatchObject({ code: 0, out: expect.stringContaining(`share ${at + 1} of 3`) as string });
    }
    expect((await run("keys", "verify", files[0]!, "--passphrase-file", words[1]!)).err).toContain("DECRYPT_FAILED");
    const again = await run("keys", "deal", join(folder, "shared.key"), "--passphrase-file", words[0]!);
    expect(again).toMatchObject({ code: 1, err: expect.stringContaining("must not exist") as string });
  });
});

describe("cofactor keys deal, interrupted", () => {
  it("ends with 130 and leaves no file", async () => {
    const dealing = start("keys", "deal", join(folder, "never.key"), "--bits", "3072", "--passphrase-file", passphraseFile);
    await new Promise<void>((resolve) => dealing.child.stderr!.once("data", () => resolve()));
    dealing.child.kill("SIGTERM");
    expect(await dealing.ended).toMatchObject({ code: 130, out: "" });
    expect(readdirSync(folder).filter((name) => name.startsWith("never"))).toEqual([]);
  });
});

describe("cofactor serve and keyholder", () => {
  it("serve a run of encrypted rounds, end on SIGTERM with 0, go on from the file, and log no device and no key", async () => {
    const terms = {
      id: "wines",
      items: 6,
      rounds: 2,
      cohort: { size: 2, min: 2 },
      model: { kind: "fcf", rank: 2 },
      ...(parse(section) as object),
    };
    const termsFile = join(folder, "terms.yaml");
    writeFileSync(termsFile, stringify(terms));
    const ready = defineRun(terms);
    const serve = (): Running => start("serve", termsFile, "--port", "0", "--store", join(folder, "wines.sqlite"));
    const server = serve();
    const { url, serverKey } = await server.line(({ msg }) => msg === "listening");
    // A key may begin with a dash.
    const hold = ["keyholder", "--key", keyFile, "--server", String(url), "--run", "wines", `--server-key=${String(serverKey)}`];
    const holder = start(...hold, "--passphrase-file", passphraseFile);
    await holder.line(({ msg }) => msg === "joined");
    const second = await run(...hold, "--passphrase-file", passphraseFile);
    expect(second).toMatchObject({ code: 1, out: "", err: expect.stringContaining("in use by another process") as string });
    const clients = await Promise.all(
      [1, 2].map(async (seed) => {
        const client = await ScriptedClient.join(socketConnector(String(url)), "wines");
        client.onAsk = async ({ round }) => {
          const values = Float64Array.from({ length: ready.contributionSize }, () => seed / 1_024);
          const half = await ready.protection.createDevice(roundFrame(ready, round), client.identity.id, {
            secure: secureRng,
            primitives: nodePrimitives,
          });
          await client.answer(round, await half.answer(0, noBytes, values));
        };
        return client;
      }),
    );
    await Promise.all(clients.map((client) => client.until(() => client.published.at(-1)?.ended === true)));
    await server.line(({ msg, ended }) => msg === "round ended" && ended === true);
    expect(await holder.line(({ msg, round }) => msg === "opened" && round === 2)).toMatchObject({ contributors: 2 });
    server.child.kill("SIGTERM");
    const { code, out, err } = await server.ended;
    expect({ code, err }).toEqual({ code: 0, err: "" });
    holder.child.kill("SIGTERM");
    const held = await holder.ended;
    expect(held.code).toBe(0);
    const { secret } = await openKeyFile(keyFile, passphrase);
    for (const text of [out, held.out]) {
      for (const client of clients) expect(text).not.toContain(client.identity.id);
      for (const part of secret.match(/[0-9a-f]{64,}/g) ?? [secret]) expect(text).not.toContain(part);
    }

    const again = serve();
    expect(await again.line(({ msg }) => msg === "listening")).toMatchObject({ published: 2, serverKey });
  });

  it("plan the noise that terms leave open, print the plan and what every round cost, and go on with the same noise", async () => {
    const path = join(folder, "private.yaml");
    const privacy = { epsilon: 4, delta: 1e-5, clipNorm: 0.5 };
    const terms = {
      id: "private",
      items: 6,
      rounds: 1,
      cohort: { size: 2 },
      model: { kind: "fcf", rank: 2 },
      protection: { kind: "open" },
    };
    writeFileSync(path, stringify({ ...terms, privacy }));
    const serve = (): Running => start("serve", path, "--port", "0", "--store", join(folder, "private.sqlite"), "--set", "log.level=debug");
    const server = serve();
    const plan = await server.line(({ msg }) => msg === "privacy planned");
    expect(plan).toMatchObject({ mechanism: "gaussian", epsilon: 4, delta: 1e-5, rounds: 1, planned: { server: null } });
    expect((plan["planned"] as { release: number }).release).toBeCloseTo(4, 2);
    const { url } = await server.line(({ msg }) => msg === "listening");
    const connect = socketConnector(String(url));
    const clients = await Promise.all([1, 2].map(() => ScriptedClient.join(connect, "private")));
    for (const client of clients) client.onAsk = ({ round }) => void client.answer(round, floatBytes(new Float64Array(12)));
    const ended = await server.line(({ msg }) => msg === "round ended");
    expect(ended).toMatchObject({ outcome: "published", epsilon: { server: null, release: expect.closeTo(4, 2) as number } });
    const answer = await fetch(`${String(url)}/metrics`, { headers: { "x-request-id": "a stranger's text" } });
    expect(await answer.text()).toContain('cofactor_epsilon{view="server"} +Inf');
    const request = answer.headers.get("x-request-id")!;
    const logged = await server.line(({ msg }) => msg === "page answered");
    expect(logged).toMatchObject({ level: 20, request, method: "GET", route: "/metrics", status: 200 });
    await fetch(`${String(url)}/a-stranger's/path`);
    server.child.kill("SIGTERM");
    const { out, code } = await server.ended;
    expect(code).toBe(0);
    for (const client of clients) expect(out).not.toContain(client.identity.id);
    expect(out).not.toContain("stranger");
    expect(await serve().line(({ msg }) => msg === "listening")).toMatchObject({ published: 1 });
  });

  it("follow a file of items, also while they run", async () => {
    const path = join(folder, "named.yaml");
    const items = join(folder, "items.txt");
    const terms = {
      id: "named",
      items: 6,
      rounds: 9,
      cohort: { size: 2 },
      model: { kind: "fcf" },
      protection: { kind: "open" },
      catalogue: {},
    };
    writeFileSync(path, stringify(terms));
    writeFileSync(items, "film 1\nfilm 2\n");
    const server = start("serve", path, "--port", "0", "--store", join(folder, "named.sqlite"), "--items", items);
    const { url } = await server.line(({ msg }) => msg === "listening");
    const status = async () => ((await (await fetch(`${String(url)}/status`)).json()) as { catalogue: object }).catalogue;
    expect(await status()).toMatchObject({ version: 1, rows: 6, live: 2, ordered: 0 });
    writeFileSync(items, "film 2\nfilm 3\nfilm 4\n");
    server.child.kill("SIGHUP");
    await server.line(({ items: count }) => count === 3);
    expect(await status()).toMatchObject({ version: 1, live: 2, ordered: 3 });
    writeFileSync(items, "film\t3\n");
    server.child.kill("SIGHUP");
    expect(await server.line(({ level }) => level === 50)).toMatchObject({ code: "DATA_INVALID" });
    expect(await status()).toMatchObject({ ordered: 3 });
    server.child.kill("SIGTERM");
    expect((await server.ended).code).toBe(0);
  });

  it("begin a model with features from a file, the same after a restart, and refuse a file that does not fit", async () => {
    const path = join(folder, "features.yaml");
    const terms = { id: "features", items: 6, model: { kind: "fcf", rank: 2, start: { kind: "features" } }, protection: { kind: "open" } };
    writeFileSync(path, stringify(terms));
    const file = join(folder, "features.csv");
    writeFileSync(file, "item,sweet,dry\n0,1,0\n1,0,1\n2,1,1\n5,0,3\n");
    const serve = (): Running => start("serve", path, "--item-features", file, "--port", "0", "--store", join(folder, "features.sqlite"));
    const server = serve();
    const { url } = await server.line(({ msg }) => msg === "listening");
    await ScriptedClient.join(socketConnector(String(url)), "features");
    server.child.kill("SIGTERM");
    expect((await server.ended).code).toBe(0);
    expect(await serve().line(({ msg }) => msg === "listening")).toMatchObject({ published: 0 });
    writeFileSync(file, "item,sweet\n6,1\n");
    const refused = await run("serve", path, "--item-features", file, "--store", join(folder, "other.sqlite"));
    expect(refused).toMatchObject({ out: "", err: expect.stringContaining("line 2: expected an item from 0 to 5") as string });
    expect(refused.code).not.toBe(0);
    const without = await run("serve", path, "--store", join(folder, "third.sqlite"));
    expect(without).toMatchObject({ err: expect.stringContaining("--item-features") as string });
    expect(without.code).not.toBe(0);
  });

  it("say what is wrong with the terms, and end with 2", async () => {
    const path = join(folder, "bad.yaml");
    writeFileSync(path, "id: wines\nitems: 6\nrouds: 3\nprotection: { kind: open }\n");
    expect(await run("serve", path)).toMatchObject({ code: 2, out: "", err: expect.stringContaining('did you mean "rounds"') as string });
    expect(await run("serve", join(folder, "none.yaml"))).toMatchObject({
      code: 2,
      err: expect.stringContaining("cannot be read") as string,
    });
    expect((await run("keyholder")).code).toBe(2);
  });
});
