/** What the server's entry loads by itself: packages for one kind of deployment alone are loaded when they are asked for. */
import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { root } from "../../support/source-tree.ts";

describe("cofactor/server", () => {
  it("loads no driver of a data base, no Redis and no queue before one is opened", () => {
    const program = `
      import { registerHooks } from "node:module";
      const loaded = new Set();
      registerHooks({ resolve: (name, context, next) => (loaded.add(name), next(name, context)) });
      await import("./server/index.ts");
      console.log(JSON.stringify([...loaded]));`;
    const out = execFileSync(process.execPath, ["--input-type=module", "--eval", program], { cwd: root, encoding: "utf8" });
    const loaded = JSON.parse(out) as string[];
    expect(loaded).toContain("socket.io");
    for (const name of ["pg", "ioredis", "bullmq"]) expect(loaded).not.toContain(name);
  });
});
