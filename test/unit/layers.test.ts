/** The rules of the architecture test, on small samples: each is refused when it is broken. */
import { describe, expect, it } from "vitest";
import { findCycles, forbiddenImport, forbiddenPackage } from "../support/layers.ts";
import { forbiddenText, lineCount, percentile } from "../support/text-rules.ts";

describe("forbiddenImport", () => {
  it.each([
    ["client/session.ts", "server/store.ts"],
    ["server/session.ts", "client/client.ts"],
    ["shared/run.ts", "client/client.ts"],
    ["shared/run.ts", "simulations/split.ts"],
    ["simulations/split.ts", "test/support/layers.ts"],
    ["shared/errors.ts", "shared/random.ts"],
    ["shared/math/linear.ts", "shared/models/model.ts"],
    ["shared/models/als.ts", "shared/crypto/identity.ts"],
    ["shared/wire/messages.ts", "shared/rules/rule.ts"],
    ["shared/privacy/clip.ts", "shared/terms.ts"],
    ["shared/terms.ts", "shared/protections/open.ts"],
    ["shared/protections/open.ts", "shared/round.ts"],
    ["shared/models/als.ts", "shared/models/index.ts"],
    ["shared/crypto/paillier/keys.ts", "shared/crypto/index.ts"],
    ["client/session.ts", "client/index.ts"],
    ["client/client.ts", "client/stores/file.node.ts"],
    ["client/index.ts", "client/stores/file.node.ts"],
    ["shared/nowhere.ts", "shared/errors.ts"],
    ["shared/run.ts", "shared/nowhere/a.ts"],
  ])("refuses %s -> %s", (from, to) => {
    expect(forbiddenImport(from, to)).toBeTypeOf("string");
  });

  it.each([
    ["client/session.ts", "shared/transport.ts"],
    ["server/server.ts", "server/stores/sqlite.ts"],
    ["simulations/live/host.ts", "client/index.node.ts"],
    ["test/unit/a.test.ts", "server/index.ts"],
    ["cofactor.ts", "server/cli.ts"],
    ["shared/models/als.ts", "shared/models/model.ts"],
    ["shared/models/als.ts", "shared/math/linear.ts"],
    ["shared/math/metrics.ts", "shared/random.ts"],
    ["shared/protections/paillier.ts", "shared/crypto/paillier/keys.ts"],
    ["shared/run.ts", "shared/models/index.ts"],
    ["client/index.node.ts", "client/stores/file.node.ts"],
    ["shared/crypto/paillier/openssl.node.ts", "shared/crypto/paillier/keys.ts"],
  ])("allows %s -> %s", (from, to) => {
    expect(forbiddenImport(from, to)).toBeUndefined();
  });
});

describe("forbiddenPackage", () => {
  it("keeps node: modules out of what runs in browsers", () => {
    expect(forbiddenPackage("client/session.ts", "node:fs", [])).toContain("*.node.ts");
    expect(forbiddenPackage("shared/wire/frames.ts", "node:zlib", [])).toContain("*.node.ts");
    expect(forbiddenPackage("client/stores/file.node.ts", "node:fs", [])).toBeUndefined();
    expect(forbiddenPackage("server/http.ts", "node:http", [])).toBeUndefined();
  });

  it("wants what is shipped to import dependencies only", () => {
    expect(forbiddenPackage("server/http.ts", "vitest", ["pino"])).toContain('"vitest"');
    expect(forbiddenPackage("server/http.ts", "@a/b/c", ["@a/b"])).toBeUndefined();
    expect(forbiddenPackage("test/unit/a.test.ts", "vitest", [])).toBeUndefined();
  });
});

describe("findCycles", () => {
  it("finds a cycle of any length and reports the way around", () => {
    const graph = new Map([
      ["a", ["b"]],
      ["b", ["c", "d"]],
      ["c", ["a"]],
      ["d", ["d"]],
    ]);
    expect(findCycles(graph)).toEqual([
      ["a", "b", "c", "a"],
      ["d", "d"],
    ]);
    expect(findCycles(new Map([["a", ["b", "c"]], ["b", ["c"]], ["c", []]]))).toEqual([]); // biome-ignore format: one line shows it
  });
});

describe("forbiddenText", () => {
  it("finds unfinished words and paths of a machine", () => {
    const [note, fix] = ["TO".concat("DO"), "FIX".concat("ME")];
    expect(forbiddenText(`a\n// ${note} later\n${fix}`)).toHaveLength(2);
    expect(forbiddenText(`// ${note}(#12) later, ${note} #3`)).toEqual([]);
    expect(forbiddenText(["", "home", "ann", "x"].join("/"))).toHaveLength(1);
    expect(forbiddenText("https://example.org/home/ann and ./work/a")).toEqual([]);
  });
});

describe("sizes", () => {
  it("are counted in lines and summed up by rank", () => {
    expect([lineCount(""), lineCount("a"), lineCount("a\n"), lineCount("a\nb")]).toEqual([0, 1, 1, 2]);
    expect([percentile([5, 1, 3], 0.5), percentile([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 0.9), percentile([], 0.5)]).toEqual([3, 9, 0]);
  });
});
