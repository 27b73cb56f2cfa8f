/** The container file's own steps, carried out in folders that hold nothing but what it copies: the lock file is enough to build it and to run it. */
import { spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { freePort } from "../support/free-port.ts";
import { readText, root } from "../support/source-tree.ts";

/** One stage: its name, and its lines. */
interface Stage {
  readonly name: string;
  readonly lines: readonly string[];
}

const stages: Stage[] = readText("server/operating/Containerfile")
  .replaceAll("\\\n", " ")
  .split(/^FROM /m)
  .slice(1)
  .map((text) => {
    const [from, ...lines] = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    return { name: / AS (\S+)/.exec(from!)?.[1] ?? "last", lines };
  });

const place = mkdtempSync(join(tmpdir(), "cofactor-container-"));
afterAll(() => rmSync(place, { recursive: true, force: true }));

// The programs of the image: its Node, and the npm of this machine.
const environment = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env["PATH"] ?? ""}` };

/** The image's folder of a stage. */
const inStage = (stage: string, path: string): string => join(place, stage, path);

function carryOut({ name, lines }: Stage): void {
  let folder = "/";
  const at = (path: string): string => inStage(name, path.startsWith("/") ? path : join(folder, path));
  for (const line of lines) {
    const [, instruction, rest] = /^(\w+) (.*)$/.exec(line)!;
    if (instruction === "WORKDIR") {
      folder = rest!;
      mkdirSync(at(folder), { recursive: true });
    } else if (instruction === "COPY") {
      const from = /^--from=(\S+) /.exec(rest!)?.[1];
      const [target, ...sources] = rest!
        .replace(/^--from=\S+ /, "")
        .split(" ")
        .reverse();
      for (const source of sources) {
        const path = from === undefined ? join(root, source) : inStage(from, source);
        cpSync(path, target!.endsWith("/") ? join(at(target!), source) : at(target!), { recursive: true });
      }
    } else if (instruction === "RUN" && !rest!.startsWith("chown")) {
      const { status, stderr, stdout } = spawnSync(rest!, { cwd: at(folder), shell: true, encoding: "utf8", env: environment });
      expect(status, `${rest}\n${stdout}\n${stderr}`).toBe(0);
    }
  }
}

describe("the container file", () => {
  it("builds from the lock file alone, and serves with what the last stage holds", async () => {
    for (const stage of stages) carryOut(stage);
    const image = inStage("last", "/");
    // None of the tools of this checkout.
    for (const name of ["typescript", "vitest", "@biomejs"]) expect(existsSync(join(image, "app/node_modules", name)), name).toBe(false);
    const data = inStage("last", "/data");
    writeFileSync(
      join(data, "terms.yaml"),
      "{ id: films, items: 9, rounds: 3, cohort: { size: 2, min: 2 }, model: { kind: fcf, rank: 2 }, protection: { kind: open } }",
    );
    const port = await freePort();
    const program = [join(image, "app/dist/cofactor.js"), "serve", join(data, "terms.yaml"), "--port", String(port)];
    const args = [...program, "--set", "console.token=0123456789abcdef"];
    const server = spawn(process.execPath, args, { cwd: data, env: { NODE_ENV: "production" } });
    const ended = new Promise<number | null>((resolve) => server.once("close", resolve));
    try {
      await new Promise<void>((resolve, reject) => {
        server.stdout.on("data", (chunk: Buffer) => String(chunk).includes("listening") && resolve());
        void ended.then((code) => reject(new Error(`it ended with ${code}`)));
      });
      const check = /CMD \["node", "-e", "(.*)"\]/.exec(readText("server/operating/Containerfile"))![1]!;
      const health = (url: string) => spawnSync(process.execPath, ["-e", check], { env: { HEALTH_URL: url } }).status;
      expect(health(`http://127.0.0.1:${port}/health`)).toBe(0);
      expect(health(`http://127.0.0.1:${port}/no-such-page`)).toBe(1);
      expect((await fetch(`http://127.0.0.1:${port}/console/`)).status).toBe(200);
    } finally {
      server.kill("SIGTERM");
    }
    expect(await ended).toBe(0);
  });
});
