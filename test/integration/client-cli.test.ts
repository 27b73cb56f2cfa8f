/** `cofactor join` from the shell's side, against a real aggregator. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, expect, it, vi } from "vitest";
import { command } from "../../client/cli.node.ts";
import { createClient, socketConnector } from "../../client/index.ts";
import { createServer, memoryStore, type Server } from "../../server/index.ts";
import { runProgram } from "../../shared/command/program.node.ts";
import { acceptOpen, openTerms, rightRatings } from "../support/client-world.ts";

const folder = mkdtempSync(join(tmpdir(), "cofactor-join-"));
const ratings = join(folder, "mine.csv");
writeFileSync(ratings, "item,value\n0,1\n2,1\n4,1\n");
afterAll(() => rmSync(folder, { recursive: true }));

let server: Server | undefined;
afterEach(async () => {
  vi.unstubAllEnvs();
  await server?.close();
});

async function serve(terms: object = openTerms): Promise<string> {
  server = await createServer({ run: terms, store: memoryStore(), gatherMs: 20 });
  return (await server.listen({ port: 0 })).url;
}

async function cofactor(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ["", ""];
  const io = {
    out: (text: string) => void (out += text),
    err: (text: string) => void (err += text),
    isTerminal: false,
    signal: new AbortController().signal,
  };
  const commands = [{ name: "join", summary: "takes part", load: async () => ({ command }) }];
  const program = { name: "cofactor", summary: "recommenders", version: "0", node: "22.18", commands };
  const code = await runProgram(program, ["join", ...args], { io, nodeVersion: process.versions.node, debug: false });
  return { code, out, err };
}

it("takes part, says what left the device, recommends, and is the same device the next time", async () => {
  const url = await serve();
  vi.stubEnv("COFACTOR_PASSPHRASE", "correct horse battery");
  const store = join(folder, "device.store");
  const other = createClient({ connect: socketConnector(url), run: openTerms.id, ratings: rightRatings, accept: acceptOpen });
  const running = other.participate();
  const joined: boolean[] = [];
  server!.on("joined", ({ isNew }) => joined.push(isNew));
  const args = ["--server", url, "--run", openTerms.id, "--ratings", ratings, "--accept-open", "--store", store];
  const { code, out } = await cofactor(...args, "--recommend", "3");
  await running;
  other.close();
  expect(out).toMatch(/^joined films-1: model fcf, protection open, sums over at least 2, no promise of privacy\n/);
  expect(out).toMatch(
    /round 1: accepted, 192 bytes left this device, sha256 [\w-]{43}\nround 1: published from 2 devices, this one among them/,
  );
  expect(out.match(/^item \d+ {2}-?\d+\.\d{4}$/gm)).toHaveLength(3);
  expect(code).toBe(0);

  const before = joined.length;
  expect((await cofactor(...args, "--rounds", "0")).code).toBe(0);
  expect(joined.slice(before)).toEqual([false]);
  expect(readFileSync(store, "latin1")).not.toContain("films-1");
});

it("takes no part in a run whose aggregator reads contributions unless told to", async () => {
  const url = await serve();
  const { code, out, err } = await cofactor("--server", url, "--run", openTerms.id, "--ratings", ratings);
  expect([code === 0, out]).toEqual([false, ""]);
  expect(err).toMatch(/TERMS_REFUSED.*protection "open"/);
});

it("takes no part in a run that promises no privacy, or too little, where an epsilon is asked for", async () => {
  const url = await serve();
  const args = ["--server", url, "--run", openTerms.id, "--ratings", ratings, "--accept-open", "--max-epsilon", "3"];
  const { code, err } = await cofactor(...args);
  expect(code).not.toBe(0);
  expect(err).toMatch(/TERMS_REFUSED.*without a promise of privacy/);
});

it("says by line what is wrong with the ratings, and names what is missing", async () => {
  const url = await serve();
  const twice = join(folder, "twice.csv");
  writeFileSync(twice, "1,1\n\n9,1\n1,2\n");
  expect((await cofactor("--server", url, "--run", openTerms.id, "--ratings", twice, "--accept-open")).err).toMatch(
    /DATA_INVALID.*lines 1 and 4/,
  );
  expect((await cofactor("--server", url)).err).toMatch(/CONFIG_INVALID.*--ratings/);
  const args = ["--server", url, "--run", openTerms.id, "--ratings", ratings, "--store", join(folder, "none.store")];
  expect((await cofactor(...args)).err).toMatch(/CONFIG_INVALID.*COFACTOR_PASSPHRASE/);
});
