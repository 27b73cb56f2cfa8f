/** Folders to run examples in, and child processes with a time limit. Imports node:, source-tree. */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { root } from "./source-tree.ts";

/** What a process came to. */
export interface Outcome {
  readonly code: number | null;
  /** Standard output and standard error as they came. */
  readonly text: string;
}

/** A folder inside the project, so that "cofactor/..." resolves to the project itself; removed by `dispose`. */
export interface Workshop {
  readonly path: string;
  write(name: string, text: string): string;
  dispose(): void;
}

/** Makes an empty workshop. */
export function createWorkshop(name: string): Workshop {
  mkdirSync(join(root, ".cofactor"), { recursive: true });
  const path = mkdtempSync(join(root, ".cofactor", `${name}-`));
  return {
    path,
    write(file, text) {
      writeFileSync(join(path, file), text);
      return join(path, file);
    },
    dispose: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** The environment of a child: this Node first on the path, no colors, nothing of vitest. */
export function childEnvironment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^(VITEST|NODE_ENV|NODE_OPTIONS|FORCE_COLOR|npm_)/.test(name));
  return { ...Object.fromEntries(own), NO_COLOR: "1", PATH: `${dirname(process.execPath)}${delimiter}${process.env["PATH"] ?? ""}` };
}

/** Runs a process to its end, or kills it with everything that it started when the time is over. */
export function run(command: string, args: readonly string[], cwd: string, limitMs: number): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: childEnvironment(), stdio: ["ignore", "pipe", "pipe"], detached: true });
    let text = "";
    const take = (piece: Buffer): void => {
      text += piece.toString();
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    const timer = setTimeout(() => {
      text += `\nkilled after ${limitMs} ms`;
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    }, limitMs);
    child.on("error", reject);
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ code, text });
    });
  });
}

/** Makes sure that dist/ is there for tests of the built package; builds it when it is not. @throws Error when the build fails */
export function ensureBuilt(): void {
  if (existsSync(join(root, "dist", "cofactor.js"))) return;
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, ".config", "build.ts")], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, PATH: `${join(root, "node_modules", ".bin")}${delimiter}${process.env["PATH"] ?? ""}` },
  });
  if (status !== 0) throw new Error(`the build failed: ${stdout}${stderr}`);
}
