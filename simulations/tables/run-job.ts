/**
 * Runs a job in a process of its own, so that times and memory are its own, and keeps its result: whoever was interrupted goes on where
 * the last finished run ended. Imports node modules.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CofactorError } from "../../shared/errors.ts";
import { packageRoot } from "../package-root.ts";
import type { Result } from "../result.ts";
import type { Job } from "./job.ts";

/** How jobs are run. */
export interface JobOptions {
  /** Where finished results are kept; ignored by git. */
  readonly cache: string;
  /** Names the code: results of other code are not taken, unless `isStaleTaken`. */
  readonly code: string;
  readonly isStaleTaken: boolean;
  readonly workers: number | undefined;
  readonly signal: AbortSignal;
  /** Progress: the run's own lines. */
  onLine(line: string): void;
}

/**
 * The result of a job: a kept one, or that of a run.
 *
 * @throws CofactorError CANCELLED when the signal came, INTERNAL when the run failed, with its last words
 */
export async function runJob(job: Job, options: JobOptions): Promise<Result> {
  const kept = join(options.cache, `${job.digest}.json`);
  if (existsSync(kept)) {
    const { code, result } = JSON.parse(readFileSync(kept, "utf8")) as { code: string; result: Result };
    if (code === options.code || options.isStaleTaken) return result;
  }
  mkdirSync(options.cache, { recursive: true });
  const output = join(options.cache, `${job.digest}.${process.pid}.part`);
  try {
    await run([...job.args, "--json", output, ...(options.workers === undefined ? [] : ["--workers", String(options.workers)])], options);
    const result = JSON.parse(readFileSync(output, "utf8")) as Result;
    if (!result.isComplete) throw cancelled();
    const whole = `${output}.whole`;
    writeFileSync(whole, JSON.stringify({ code: options.code, result }));
    renameSync(whole, kept);
    return result;
  } finally {
    rmSync(output, { force: true });
  }
}

/** SHA-256 over everything that a figure may depend on. */
export function codeDigest(): string {
  const hash = createHash("sha256");
  const root = packageRoot();
  const extension = import.meta.url.endsWith(".ts") ? ".ts" : ".js";
  const base = extension === ".ts" ? root : join(root, "dist");
  for (const room of ["shared", "client", "server", "simulations"]) {
    const files = readdirSync(join(base, room), { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(extension));
    for (const path of files.filter((file) => !/^(tables|report|plan|bench)\b/.test(file)).sort()) {
      hash.update(`${room}/${path}\n`).update(readFileSync(join(base, room, path)));
    }
  }
  return hash.digest("hex");
}

async function run(args: readonly string[], { signal, onLine }: JobOptions): Promise<void> {
  if (signal.aborted) throw cancelled();
  const front = join(packageRoot(), import.meta.url.endsWith(".ts") ? "cofactor.ts" : "dist/cofactor.js");
  const child = spawn(process.execPath, [front, ...args], { cwd: packageRoot(), stdio: ["ignore", "pipe", "pipe"] });
  const stop = (): void => void child.kill("SIGTERM");
  signal.addEventListener("abort", stop, { once: true });
  let last = "";
  const take = (bytes: Buffer): void => {
    for (const line of bytes.toString().split("\n")) {
      if (line.trim() === "") continue;
      last = line;
      onLine(line);
    }
  };
  child.stdout.on("data", take);
  child.stderr.on("data", take);
  try {
    const code = await new Promise<number | null>((resolve, reject) => child.once("error", reject).once("close", resolve));
    if (signal.aborted) throw cancelled();
    if (code !== 0) throw new CofactorError("INTERNAL", `"cofactor ${args.join(" ")}" ended with ${code}: ${last}`);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

function cancelled(): CofactorError {
  return new CofactorError("CANCELLED", "interrupted; finished runs are kept, call it again to go on");
}
